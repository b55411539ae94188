package dev.cria.eval.run;

import dev.cria.eval.metric.Aggregate;
import dev.cria.eval.task.GroupAverage;
import dev.cria.eval.task.MetricInfo;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Means over the documents of tasks, and over the tasks of groups. */
final class Summary {
    private final Map<String, Task> tasks = new LinkedHashMap<>();
    private final Map<String, Map<String, Aggregate>> values = new LinkedHashMap<>();

    /** Adds a task; its documents are in order, so that sums do not tell how they were run. */
    EvaluationResult.TaskResult add(Task task, int shots, int available, List<DocumentResult> documents) {
        Map<String, Aggregate> metrics = new LinkedHashMap<>();
        for (MetricInfo metric : task.metrics()) {
            List<Double> each = documents.stream()
                    .map(document -> document.metrics().get(metric.name()))
                    .filter(Objects::nonNull)
                    .toList();
            if (!each.isEmpty()) {
                metrics.put(metric.name(), Aggregate.of(each));
            }
        }
        tasks.put(task.name(), task);
        values.put(task.name(), metrics);
        List<EvaluationResult.MetricValue> found = new ArrayList<>();
        for (MetricInfo metric : task.metrics()) {
            Aggregate value = metrics.get(metric.name());
            if (value != null) {
                found.add(value(metric.name(), metric.filter(), value));
            }
        }
        return new EvaluationResult.TaskResult(
                task.name(), task.title(), task.version(), shots, available, documents.size(), found);
    }

    private static EvaluationResult.MetricValue value(String name, String filter, Aggregate value) {
        return new EvaluationResult.MetricValue(name, filter, value.value(), value.standardError(), true);
    }

    /** A group's values over the tasks that were added; empty where there are none. */
    Optional<EvaluationResult.GroupResult> group(TaskGroup group, Map<String, TaskGroup> groups) {
        GroupAverage average = new GroupAverage(tasks, groups, values);
        List<String> members =
                average.leaves(group).stream().filter(tasks::containsKey).toList();
        List<EvaluationResult.MetricValue> found = new ArrayList<>();
        for (String metric : group.metrics()) {
            String filter = members.stream()
                    .flatMap(member -> Objects.requireNonNull(tasks.get(member)).metrics().stream())
                    .filter(info -> !group.mainMetrics() && info.name().equals(metric))
                    .map(MetricInfo::filter)
                    .findFirst()
                    .orElse("none");
            average.of(group, metric).ifPresent(value -> found.add(value(metric, filter, value)));
        }
        int documents = members.stream()
                .mapToInt(member -> measured(member).values().stream()
                        .mapToInt(Aggregate::documents)
                        .max()
                        .orElse(0))
                .sum();
        return members.isEmpty()
                ? Optional.empty()
                : Optional.of(new EvaluationResult.GroupResult(
                        group.name(), group.title(), group.members(), documents, found));
    }

    private Map<String, Aggregate> measured(String task) {
        return Objects.requireNonNull(values.get(task));
    }
}
