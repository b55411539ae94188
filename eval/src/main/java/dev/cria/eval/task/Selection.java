package dev.cria.eval.task;

import java.util.List;

/**
 * What a user's list of names means.
 *
 * @param tasks each task once, in the order of the names
 * @param groups the groups named, and those inside them, outer before inner
 */
public record Selection(List<Task> tasks, List<TaskGroup> groups) {
    public Selection {
        tasks = List.copyOf(tasks);
        groups = List.copyOf(groups);
    }
}
