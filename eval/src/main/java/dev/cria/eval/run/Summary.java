package dev.cria.eval.run;

import dev.cria.eval.metric.Aggregate;
import dev.cria.eval.task.MetricInfo;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskGroup;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

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
        Set<String> members = new LinkedHashSet<>();
        leaves(group, groups, members);
        List<EvaluationResult.MetricValue> found = new ArrayList<>();
        for (String metric : group.metrics()) {
            List<Aggregate> parts = new ArrayList<>();
            String filter = "none";
            for (String member : members) {
                Task task = Objects.requireNonNull(tasks.get(member));
                MetricInfo info = task.metrics().stream()
                        .filter(known -> group.mainMetrics()
                                ? known.main()
                                : known.name().equals(metric))
                        .findFirst()
                        .orElse(null);
                Aggregate part = info == null ? null : measured(member).get(info.name());
                if (info != null && part != null) {
                    parts.add(part);
                    filter = group.mainMetrics() ? filter : info.filter();
                }
            }
            if (!parts.isEmpty()) {
                found.add(value(metric, filter, Aggregate.combine(parts, group.weighted())));
            }
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

    /** The tasks in a group and in the groups inside it, as far as they were run. */
    private void leaves(TaskGroup group, Map<String, TaskGroup> groups, Set<String> found) {
        for (String member : group.members()) {
            TaskGroup inner = groups.get(member);
            if (inner != null) {
                leaves(inner, groups, found);
            } else if (tasks.containsKey(member)) {
                found.add(member);
            }
        }
    }
}
