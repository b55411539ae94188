package dev.cria.eval.task;

import dev.cria.eval.metric.DocumentScore;
import dev.cria.eval.metric.Outcome;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** A benchmark task: it turns rows into requests, and answers into metrics. Immutable; any thread may use it. */
public interface Task {
    /** The name that users and results files write, such as `arc_easy` or `mmlu_anatomy`. */
    String name();

    /** The name in tables, such as `anatomy`; the name where there is no other. */
    String title();

    /** The version of the task's rules, as the harness counts it. */
    double version();

    TaskKind kind();

    /** Examples before the question unless the user wants another number. */
    int shots();

    /** How often each question is put; more than 1 only for pass@k of sampled programs. */
    int repeats();

    /** Its metrics, in the order of tables. */
    List<MetricInfo> metrics();

    /** The groups that it joins, such as `mmlu_stem`. */
    default List<String> groups() {
        return List.of();
    }

    /**
     * How many documents the data has for it with so many examples, without a limit.
     *
     * @throws dev.cria.base.UserError where data is missing or damaged, naming file and line
     */
    default int available(TaskData data, int shots) {
        return requests(data, shots, OptionalInt.empty()).size();
    }

    /** The data set's name on a hub, such as `allenai/ai2_arc`, and its configuration. */
    Dataset dataset();

    /**
     * The requests of the documents in order, with no rule on the prompt's length applied.
     *
     * @param shots examples before each question
     * @param limit the number of documents to take from the front; all where empty
     * @throws dev.cria.base.UserError where data is missing or damaged, naming file and line
     */
    default List<Request> requests(TaskData data, int shots, OptionalInt limit) {
        return requests(data, shots, limit, Optional.empty());
    }

    /**
     * The same, where a task may drop examples to keep its prompt within a number of tokens (InstructEval's rule). Tasks without such a
     * rule do not ask the counter.
     */
    List<Request> requests(TaskData data, int shots, OptionalInt limit, Optional<TokenCounter> counter);

    /** What the metric compares: the text after the task's filters. For programs: the prompt and the completion, ready to run. */
    String filtered(GenerationRequest request, String generated);

    /**
     * The metrics of one document.
     *
     * @throws IllegalArgumentException where the outcome is not of the kind that the request asks for: programs take
     *     {@link Outcome.Programs}
     */
    DocumentScore score(Request request, Outcome outcome);
}
