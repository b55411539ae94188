package dev.cria.eval.task;

import java.util.ArrayList;
import java.util.List;

/**
 * Tasks that are reported together.
 *
 * @param name such as `mmlu` or `mmlu_stem`
 * @param title the name in tables
 * @param members names of tasks and of other groups, in order
 * @param metrics the metrics that are averaged over the members; empty: the group only names its members together
 * @param weighted true: each document weighs the same; false: each task does
 * @param mainMetrics the one metric named is the plain mean of the members' main metrics (TinyLlama's tables); a group among the
 *     members counts once, with its first metric
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

    /** The same group with one member more. */
    TaskGroup and(String member) {
        List<String> more = new ArrayList<>(members);
        if (!more.contains(member)) {
            more.add(member);
        }
        return new TaskGroup(name, title, version, more, metrics, weighted, mainMetrics);
    }
}
