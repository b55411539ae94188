package dev.cria.eval.task;

import dev.cria.base.Suggestion;
import dev.cria.base.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** All tasks and groups by name. Immutable. */
public final class TaskRegistry {
    /** The files of tasks among the resources. */
    private static final List<String> BUILT_IN = List.of(
            "hellaswag",
            "openbookqa",
            "winogrande",
            "arc",
            "boolq",
            "piqa",
            "mmlu",
            "bbh",
            "drop",
            "humaneval",
            "instruct_eval_mmlu",
            "instruct_eval_bbh",
            "instruct_eval_drop",
            "instruct_eval_humaneval",
            "tinyllama");

    private final Map<String, Task> tasks;
    private final Map<String, TaskGroup> declared;
    private final Map<String, TaskGroup> groups;

    /** @throws UserError where a group has a member that is neither task nor group, or contains itself */
    private TaskRegistry(Map<String, Task> tasks, Map<String, TaskGroup> declared) {
        this.tasks = Collections.unmodifiableMap(tasks);
        this.declared = declared;
        this.groups = Collections.unmodifiableMap(withThoseThatJoin(tasks, declared));
        groups.keySet().forEach(name -> leaves(name, new LinkedHashSet<>()));
    }

    /** The tasks that Cria brings. */
    public static TaskRegistry builtIn() {
        List<TaskFile> files = new ArrayList<>();
        for (String name : BUILT_IN) {
            String resource = "/dev/cria/eval/tasks/" + name + ".yaml";
            try (InputStream in = TaskRegistry.class.getResourceAsStream(resource)) {
                if (in == null) {
                    throw new IllegalStateException("the resource " + resource + " is missing");
                }
                files.add(TaskFile.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name + ".yaml"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return new TaskRegistry(new LinkedHashMap<>(), new LinkedHashMap<>()).with(files);
    }

    /**
     * These tasks and those of a YAML file, or of all YAML files in a folder; a task of the same name is replaced.
     *
     * @throws UserError where a file is missing or not a task, naming the file and the key
     */
    public TaskRegistry with(Path yamlFileOrFolder) {
        if (!Files.isDirectory(yamlFileOrFolder)) {
            if (!Files.exists(yamlFileOrFolder)) {
                throw new UserError(
                        yamlFileOrFolder + " does not exist", "give a YAML file of tasks, or a folder of them");
            }
            return with(List.of(TaskFile.read(yamlFileOrFolder)));
        }
        try (Stream<Path> files = Files.list(yamlFileOrFolder)) {
            List<TaskFile> read = files.filter(file -> file.toString().matches(".*\\.ya?ml"))
                    .sorted()
                    .map(TaskFile::read)
                    .toList();
            if (read.isEmpty()) {
                throw new UserError(yamlFileOrFolder + " holds no YAML file", "give a folder of tasks");
            }
            return with(read);
        } catch (IOException e) {
            throw new UserError("cannot list " + yamlFileOrFolder + ": " + e.getMessage(), "check its permissions", e);
        }
    }

    private TaskRegistry with(List<TaskFile> files) {
        Map<String, Task> moreTasks = new LinkedHashMap<>(tasks);
        Map<String, TaskGroup> moreGroups = new LinkedHashMap<>(declared);
        Set<String> here = new LinkedHashSet<>();
        for (TaskFile file : files) {
            file.tasks().forEach(task -> {
                unique(here, task.name());
                moreTasks.put(task.name(), task);
                moreGroups.remove(task.name());
            });
            file.groups().forEach(group -> {
                unique(here, group.name());
                moreGroups.put(group.name(), group);
                moreTasks.remove(group.name());
            });
        }
        return new TaskRegistry(moreTasks, moreGroups);
    }

    private static void unique(Set<String> names, String name) {
        if (!names.add(name)) {
            throw new UserError("two tasks or groups are named " + name, "give one of them another name");
        }
    }

    private static Map<String, TaskGroup> withThoseThatJoin(Map<String, Task> tasks, Map<String, TaskGroup> declared) {
        Map<String, TaskGroup> groups = new LinkedHashMap<>(declared);
        for (Task task : tasks.values()) {
            for (String name : task.groups()) {
                TaskGroup group = groups.get(name);
                if (group == null) {
                    throw new UserError(
                            "the task " + task.name() + " joins the group " + name + ", which is nowhere declared",
                            "declare it under groups");
                }
                groups.put(name, group.and(task.name()));
            }
        }
        return groups;
    }

    /** @param above the groups that contain it; a group among them contains itself */
    private Set<String> leaves(String name, Set<String> above) {
        TaskGroup group = groups.get(name);
        if (group == null) {
            return Set.of(find(name).name());
        }
        if (!above.add(name)) {
            throw new UserError("the group " + name + " contains itself", "take it out of its members");
        }
        Set<String> leaves = new LinkedHashSet<>();
        group.members().forEach(member -> leaves.addAll(leaves(member, above)));
        above.remove(name);
        return leaves;
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
            throw unknown(name);
        }
        return task;
    }

    private UserError unknown(String name) {
        List<String> known = new ArrayList<>(groups.keySet());
        known.addAll(tasks.keySet());
        if (groups.containsKey(name)) {
            return new UserError(
                    name + " is a group of tasks, not a task",
                    "its members: " + groups.get(name).members());
        }
        return new UserError(
                "there is no task or group named " + name,
                Suggestion.of(name, known).orElse("")
                        + "some there are: arc_easy, hellaswag, mmlu, bbh_fewshot, drop, humaneval, tinyllama_commonsense");
    }

    /**
     * The tasks that these names of tasks and groups mean.
     *
     * @throws UserError where a name is unknown, with near names as a hint
     */
    public Selection resolve(List<String> names) {
        if (names.isEmpty()) {
            throw new UserError("no task is named", "for example tinyllama_commonsense, or arc_easy,piqa");
        }
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
