package dev.cria.eval.task;

import dev.cria.eval.metric.Aggregate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a group's metric comes to. As the harness has it, a group is measured over its tasks, those of groups inside it too, and not over
 * the figures of those groups. Only {@link TaskGroup#mainMetrics()} takes each member as one figure.
 *
 * @param tasks by name
 * @param groups by name
 * @param values of each task that was run: its metrics
 */
public record GroupAverage(
        Map<String, Task> tasks, Map<String, TaskGroup> groups, Map<String, Map<String, Aggregate>> values) {

    /**
     * @param metric one of the group's
     * @return empty where none of the members was measured by it; a table of main metrics also where one of them is missing, since the mean
     *     of the others would look like a better or worse model
     */
    public Optional<Aggregate> of(TaskGroup group, String metric) {
        List<Aggregate> parts = new ArrayList<>();
        if (group.mainMetrics()) {
            for (String member : group.members()) {
                Optional<Aggregate> part = main(member);
                if (part.isEmpty()) {
                    return Optional.empty();
                }
                parts.add(part.get());
            }
        } else {
            for (String task : leaves(group)) {
                Optional.ofNullable(values.getOrDefault(task, Map.of()).get(metric))
                        .ifPresent(parts::add);
            }
        }
        return parts.isEmpty() ? Optional.empty() : Optional.of(Aggregate.combine(parts, group.weighted()));
    }

    private Optional<Aggregate> main(String member) {
        TaskGroup group = groups.get(member);
        if (group != null) {
            return group.metrics().stream().findFirst().flatMap(metric -> of(group, metric));
        }
        Task task = tasks.get(member);
        if (task == null) {
            return Optional.empty();
        }
        return task.metrics().stream()
                .filter(MetricInfo::main)
                .findFirst()
                .flatMap(metric -> Optional.ofNullable(
                        values.getOrDefault(member, Map.of()).get(metric.name())));
    }

    /** The tasks of a group and of the groups inside it, each once. */
    public Set<String> leaves(TaskGroup group) {
        Set<String> leaves = new LinkedHashSet<>();
        for (String member : group.members()) {
            TaskGroup inner = groups.get(member);
            if (inner != null) {
                leaves.addAll(leaves(inner));
            } else {
                leaves.add(member);
            }
        }
        return leaves;
    }
}
