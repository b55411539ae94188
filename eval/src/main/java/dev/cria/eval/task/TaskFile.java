package dev.cria.eval.task;

import dev.cria.base.UserError;
import dev.cria.base.yaml.YamlSection;
import dev.cria.base.yaml.YamlTree;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A YAML file of tasks: {@code task} or {@code tasks}, and {@code groups}. With {@code family}, a list of words and their values, the tasks
 * are read once for each member, <code>${word}</code> standing for its value; a word with a list of values makes a member of each.
 *
 * @param tasks in order
 * @param groups in order, without the tasks that join them by themselves
 */
record TaskFile(List<Task> tasks, List<TaskGroup> groups) {
    private static final long MAXIMUM_BYTES = 1 << 20;
    private static final int MAXIMUM_MEMBERS = 10_000;

    /** @throws UserError where the file cannot be read or is none of tasks */
    static TaskFile read(Path file) {
        try {
            if (Files.size(file) > MAXIMUM_BYTES) {
                throw new UserError(file + ": larger than 1 MB, which no task is", "give a YAML file of tasks");
            }
            return parse(Files.readString(file), file.toString());
        } catch (CharacterCodingException e) {
            throw new UserError(file + ": not UTF-8 text", "give a YAML file of tasks", e);
        } catch (IOException e) {
            throw new UserError(file + ": cannot be read: " + e.getMessage(), "check the path", e);
        }
    }

    static TaskFile parse(String yaml, String name) {
        YamlTree tree =
                new YamlTree(yaml, name, "a file of tasks", "it has the sections task or tasks, family, groups");
        YamlSection root = tree.section();
        boolean single = root.has("task");
        if (single && root.has("tasks")) {
            throw root.refuse("tasks", "stands beside task", "keep one of them");
        }
        List<Task> tasks = new ArrayList<>();
        if (single || root.has("tasks")) {
            for (Map<String, String> member : family(root)) {
                YamlSection of = tree.substitute(member).section();
                for (YamlSection section : single ? List.of(of.section("task")) : of.sections("tasks")) {
                    tasks.add(new DeclaredTask(new TaskReader(section).read()));
                }
            }
        }
        List<TaskGroup> groups =
                root.sections("groups").stream().map(TaskFile::group).toList();
        root.finish();
        if (tasks.isEmpty() && groups.isEmpty()) {
            throw root.missing("task");
        }
        return new TaskFile(tasks, groups);
    }

    private static List<Map<String, String>> family(YamlSection root) {
        List<Map<String, String>> members = new ArrayList<>();
        for (YamlSection section : root.sections("family")) {
            List<Map<String, String>> here = new ArrayList<>(List.of(Map.of()));
            for (String word : section.keys()) {
                List<String> values = section.isList(word)
                        ? section.exactTexts(word)
                        : List.of(section.exactText(word).orElseThrow(() -> section.missing(word)));
                here = here.stream()
                        .flatMap(member -> values.stream().map(value -> with(member, word, value)))
                        .toList();
            }
            members.addAll(here);
            if (members.size() > MAXIMUM_MEMBERS) {
                throw root.refuse("family", "has more than " + MAXIMUM_MEMBERS + " members", "");
            }
        }
        return members.isEmpty() ? List.of(Map.of()) : members;
    }

    private static Map<String, String> with(Map<String, String> member, String word, String value) {
        Map<String, String> longer = new LinkedHashMap<>(member);
        longer.put(word, value);
        return longer;
    }

    private static TaskGroup group(YamlSection section) {
        String name = TaskReader.required(section, "name");
        boolean main = section.flag("main_metrics", false);
        TaskGroup group = new TaskGroup(
                name,
                section.text("title", name),
                section.number("version", 1, 0, 1e6),
                section.exactTexts("members"),
                section.exactTexts("metrics"),
                section.flag("weighted", !main),
                main);
        if (main && (group.metrics().size() != 1 || group.weighted())) {
            throw section.refuse(
                    "main_metrics",
                    "is the plain mean of the members' own metrics under one name",
                    "give one name in metrics, and not weighted");
        }
        section.finish();
        return group;
    }
}
