package dev.cria.eval.report;

import dev.cria.base.JsonFiles;
import dev.cria.eval.run.EvaluationResult;
import dev.cria.eval.run.EvaluationResult.EvaluatedModel;
import dev.cria.eval.run.EvaluationResult.GroupResult;
import dev.cria.eval.run.EvaluationResult.MetricValue;
import dev.cria.eval.run.EvaluationResult.TaskResult;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskKind;
import dev.cria.text.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.node.ObjectNode;

/**
 * A results file in the layout of lm-evaluation-harness 0.4.x, so that tools made for those files read these. What that harness says of
 * itself and Cria has no counterpart for is null.
 */
public final class HarnessJson {
    private HarnessJson() {}

    /**
     * The whole file.
     *
     * @param tasks the definitions of the tasks in the result, where they are at hand; they fill {@code configs}
     * @param tokenizer the model's
     * @param version Cria's version
     */
    public static String render(
            EvaluationResult result, List<Task> tasks, Optional<Tokenizer> tokenizer, String version) {
        ObjectNode root = JsonFiles.newObject();
        ObjectNode results = root.putObject("results");
        result.tasks().forEach(task -> task(results.putObject(task.name()), task));
        result.groups().forEach(group -> group(results.putObject(group.name()), group));
        if (!result.groups().isEmpty()) {
            ObjectNode groups = root.putObject("groups");
            result.groups().forEach(group -> group(groups.putObject(group.name()), group));
        }
        ObjectNode subtasks = root.putObject("group_subtasks");
        result.groups().forEach(group -> group.members().forEach(subtasks.putArray(group.name())::add));
        ObjectNode configs = root.putObject("configs");
        result.tasks().forEach(task -> config(configs.putObject(task.name()), task, tasks));
        ObjectNode versions = root.putObject("versions");
        result.tasks().forEach(task -> versions.put(task.name(), task.version()));
        ObjectNode shots = root.putObject("n-shot");
        result.tasks().forEach(task -> shots.put(task.name(), task.shots()));
        result.groups()
                .forEach(group ->
                        sharedShots(group, result.tasks()).ifPresent(number -> shots.put(group.name(), number)));
        ObjectNode better = root.putObject("higher_is_better");
        result.tasks().forEach(task -> better(better.putObject(task.name()), task.metrics()));
        result.groups().forEach(group -> better(better.putObject(group.name()), group.metrics()));
        ObjectNode samples = root.putObject("n-samples");
        result.tasks()
                .forEach(task -> samples.putObject(task.name())
                        .put("original", task.available())
                        .put("effective", task.documents()));
        about(root, result, version);
        tokenizer.ifPresent(known -> tokenizer(root, known));
        root.put("max_length", result.model().contextLength());
        root.putObject("task_hashes");
        model(root, result.model());
        root.putNull("system_instruction").putNull("system_instruction_sha").putNull("fewshot_as_multiturn");
        root.putNull("chat_template").putNull("chat_template_sha");
        root.put("total_evaluation_time_seconds", Double.toString(result.seconds()));
        return JsonFiles.render(root);
    }

    private static void task(ObjectNode node, TaskResult task) {
        node.put("name", task.name()).put("alias", task.alias()).put("sample_len", task.documents());
        values(node, task.metrics());
    }

    private static void group(ObjectNode node, GroupResult group) {
        node.put("name", group.name()).put("alias", group.alias());
        values(node, group.metrics());
    }

    private static void values(ObjectNode node, List<MetricValue> metrics) {
        for (MetricValue metric : metrics) {
            node.put(metric.name() + "," + metric.filter(), metric.value());
            String error = metric.name() + "_stderr," + metric.filter();
            metric.standardError().ifPresentOrElse(value -> node.put(error, value), () -> node.put(error, "N/A"));
        }
    }

    private static void better(ObjectNode node, List<MetricValue> metrics) {
        metrics.forEach(metric -> node.put(metric.name(), metric.higherIsBetter()));
    }

    /** The number of examples of a group, where all its tasks have the same. */
    private static OptionalInt sharedShots(GroupResult group, List<TaskResult> tasks) {
        int[] numbers = tasks.stream()
                .filter(task -> group.members().contains(task.name()))
                .mapToInt(TaskResult::shots)
                .distinct()
                .toArray();
        return numbers.length == 1 ? OptionalInt.of(numbers[0]) : OptionalInt.empty();
    }

    private static void config(ObjectNode node, TaskResult result, List<Task> tasks) {
        node.put("task", result.name()).put("task_alias", result.alias());
        Optional<Task> found =
                tasks.stream().filter(task -> task.name().equals(result.name())).findFirst();
        found.ifPresent(task -> {
            node.put("dataset_path", task.dataset().hub());
            task.dataset().configuration().ifPresent(name -> node.put("dataset_name", name));
            node.put("test_split", task.dataset().split());
            task.dataset().fewshotSplit().ifPresent(split -> node.put("fewshot_split", split));
            node.put("output_type", task.kind() == TaskKind.MULTIPLE_CHOICE ? "multiple_choice" : "generate_until");
            node.put("repeats", task.repeats());
            if (task.kind() == TaskKind.PROGRAM) {
                node.put("unsafe_code", true);
            }
        });
        node.put("num_fewshot", result.shots());
        var list = node.putArray("metric_list");
        result.metrics()
                .forEach(metric -> list.addObject()
                        .put("metric", metric.name())
                        .put("aggregation", "mean")
                        .put("higher_is_better", metric.higherIsBetter()));
        node.putObject("metadata").put("version", result.version());
    }

    private static void about(ObjectNode root, EvaluationResult result, String version) {
        EvaluatedModel model = result.model();
        ObjectNode config = root.putObject("config");
        config.put("model", "cria")
                .put(
                        "model_args",
                        "pretrained=" + model.name() + ",add_bos_token="
                                + (result.settings().bos() ? "True" : "False"))
                .put("model_num_parameters", model.parameters())
                .put("model_dtype", model.weightType())
                .put("model_revision", "main")
                .put("model_sha", model.fingerprint())
                .put("batch_size", "auto");
        config.putArray("batch_sizes");
        config.put("device", "cpu").putNull("use_cache");
        result.settings()
                .limit()
                .ifPresentOrElse(limit -> config.put("limit", (double) limit), () -> config.putNull("limit"));
        config.put("bootstrap_iters", 0).putObject("gen_kwargs");
        // Nothing is drawn at random but the few-shot examples of some tasks, by the harness's default seed.
        config.putNull("random_seed")
                .putNull("numpy_seed")
                .putNull("torch_seed")
                .put("fewshot_seed", 1234);
        root.putNull("git_hash");
        root.put("date", result.started().toEpochMilli() / 1e3);
        root.put(
                "pretty_env_info",
                "Cria %s, Java %s, %s %s"
                        .formatted(
                                version,
                                System.getProperty("java.version"),
                                System.getProperty("os.name"),
                                System.getProperty("os.arch")));
        root.put("transformers_version", "N/A").put("lm_eval_version", "0.4.13 (its rules, computed by Cria)");
        root.put("cria_version", version).putNull("upper_git_hash");
    }

    private static void tokenizer(ObjectNode root, Tokenizer tokenizer) {
        tokenizer.padId().ifPresent(id -> token(root, "tokenizer_pad_token", tokenizer, id));
        token(root, "tokenizer_eos_token", tokenizer, tokenizer.eosId());
        token(root, "tokenizer_bos_token", tokenizer, tokenizer.bosId());
        root.put("eot_token_id", tokenizer.eosId());
    }

    private static void token(ObjectNode root, String key, Tokenizer tokenizer, int id) {
        String piece = id >= 0 && id < tokenizer.vocabularySize() ? tokenizer.piece(id) : "";
        root.putArray(key).add(piece).add(Integer.toString(id));
    }

    private static void model(ObjectNode root, EvaluatedModel model) {
        root.put("model_source", "cria").put("model_name", model.name());
        root.put("model_name_sanitized", model.name().replaceAll("[\"<>:/|\\\\?*\\[\\]\\s]+", "__"));
    }
}
