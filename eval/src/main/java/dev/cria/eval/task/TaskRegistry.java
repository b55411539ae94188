package dev.cria.eval.task;

import dev.cria.base.UserError;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All tasks and groups by name. Immutable. */
public final class TaskRegistry {
    private final Map<String, Task> tasks;
    private final Map<String, TaskGroup> groups;

    private TaskRegistry(Map<String, Task> tasks, Map<String, TaskGroup> groups) {
        this.tasks = Collections.unmodifiableMap(new LinkedHashMap<>(tasks));
        this.groups = Collections.unmodifiableMap(new LinkedHashMap<>(groups));
    }

    /** The tasks that Cria brings. */
    public static TaskRegistry builtIn() {
        return new TaskRegistry(Map.of(), Map.of());
    }

    /**
     * These tasks and those of a YAML file, or of all YAML files in a folder; a task of the same name is replaced.
     *
     * @throws UserError where a file is missing or not a task, naming the file and the key
     */
    public TaskRegistry with(Path yamlFileOrFolder) {
        throw new UserError("no tasks can be read from " + yamlFileOrFolder, "");
    }

    /** Every task by name, in order. */
    public Map<String, Task> tasks() {
        return tasks;
    }

    /** Every group by name, in order. */
    public Map<String, TaskGroup> groups() {
        return groups;
    }

    /**
     * The task of this name.
     *
     * @throws UserError where there is none, with near names as a hint
     */
    public Task find(String name) {
        Task task = tasks.get(name);
        if (task == null) {
            throw new UserError("there is no task named " + name, "");
        }
        return task;
    }

    /**
     * The tasks that these names of tasks and groups mean.
     *
     * @throws UserError where a name is unknown, with near names as a hint
     */
    public Selection resolve(List<String> names) {
        Set<String> found = new LinkedHashSet<>();
        Set<String> foundGroups = new LinkedHashSet<>();
        names.forEach(name -> collect(name, found, foundGroups));
        return new Selection(
                found.stream().map(this::find).toList(),
                groups.values().stream()
                        .filter(group -> foundGroups.contains(group.name()))
                        .toList());
    }

    private void collect(String name, Set<String> found, Set<String> foundGroups) {
        TaskGroup group = groups.get(name);
        if (group == null) {
            found.add(find(name).name());
        } else if (foundGroups.add(name)) {
            group.members().forEach(member -> collect(member, found, foundGroups));
        }
    }
}
