package dev.cria.eval.run;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * What an evaluation found; reports are made of it.
 *
 * @param model what was evaluated
 * @param settings how
 * @param tasks in the order asked for
 * @param groups averages over several tasks, such as MMLU's categories; the widest last
 * @param started when this run began
 * @param seconds how long it took, less what was read from the log of an interrupted one
 */
public record EvaluationResult(
        EvaluatedModel model,
        Settings settings,
        List<TaskResult> tasks,
        List<GroupResult> groups,
        Instant started,
        double seconds) {
    public EvaluationResult {
        tasks = List.copyOf(tasks);
        groups = List.copyOf(groups);
    }

    /**
     * The model.
     *
     * @param name what the user called it
     * @param fingerprint hexadecimal digest of its weights and configuration
     * @param parameters how many numbers it has
     * @param weightType the type of most weights, such as {@code bf16}
     * @param contextLength most tokens of a request, less one
     */
    public record EvaluatedModel(
            String name, String fingerprint, long parameters, String weightType, int contextLength) {}

    /**
     * What the user chose.
     *
     * @param shots examples before each document, where not the tasks' own number
     * @param limit most documents of a task
     * @param bos whether each request begins with BOS
     */
    public record Settings(OptionalInt shots, OptionalInt limit, boolean bos) {}

    /**
     * One task.
     *
     * @param name as lm-evaluation-harness has it, such as {@code arc_easy}
     * @param alias what a table calls it
     * @param version of the task's definition
     * @param shots examples before each document
     * @param available documents in the data
     * @param documents documents that were evaluated
     * @param metrics the task's values, the most important first
     */
    public record TaskResult(
            String name,
            String alias,
            double version,
            int shots,
            int available,
            int documents,
            List<MetricValue> metrics) {
        public TaskResult {
            metrics = List.copyOf(metrics);
        }

        /** The value of a metric. */
        public Optional<MetricValue> metric(String metric) {
            return metrics.stream().filter(value -> value.name().equals(metric)).findFirst();
        }
    }

    /**
     * Several tasks together.
     *
     * @param name such as {@code mmlu_stem}
     * @param alias what a table calls it
     * @param members the tasks and groups in it
     * @param documents of all of them
     * @param metrics its values
     */
    public record GroupResult(
            String name, String alias, List<String> members, int documents, List<MetricValue> metrics) {
        public GroupResult {
            members = List.copyOf(members);
            metrics = List.copyOf(metrics);
        }
    }

    /**
     * A metric's value.
     *
     * @param name such as {@code acc_norm}
     * @param filter the filter that the answers passed through, {@code none} where there is none; the reference harness writes {@code name,filter}
     * @param value from 0 to 1 for shares
     * @param standardError of the value, where one is defined
     * @param higherIsBetter false for perplexities
     */
    public record MetricValue(
            String name, String filter, double value, OptionalDouble standardError, boolean higherIsBetter) {}
}
