package dev.cria.eval.task;

import java.util.List;

/**
 * Tasks that are reported together.
 *
 * @param name such as `mmlu` or `mmlu_stem`
 * @param title the name in tables
 * @param members names of tasks and of other groups, in order
 * @param metrics the metrics that are averaged over the members; empty: the group only names its members together
 * @param weighted true: each document weighs the same; false: each task does
 * @param mainMetrics average the members' main metrics instead of one of the same name (TinyLlama's tables)
 */
public record TaskGroup(
        String name,
        String title,
        double version,
        List<String> members,
        List<String> metrics,
        boolean weighted,
        boolean mainMetrics) {
    public TaskGroup {
        members = List.copyOf(members);
        metrics = List.copyOf(metrics);
    }
}
