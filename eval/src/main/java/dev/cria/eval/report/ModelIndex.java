package dev.cria.eval.report;

import dev.cria.eval.run.EvaluationResult;
import dev.cria.eval.run.EvaluationResult.MetricValue;
import dev.cria.eval.run.EvaluationResult.TaskResult;
import dev.cria.eval.task.Dataset;
import dev.cria.eval.task.Task;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** The scores as a {@code model-index}, the part of a model card's metadata that says how a model does. Values are shares from 0 to 1. */
public final class ModelIndex {
    private static final YAMLMapper YAML = YAMLMapper.builder(YAMLFactory.builder()
                    .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                    .disable(YAMLWriteFeature.SPLIT_LINES)
                    .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                    .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .build())
            .build();

    private static final Map<String, String> NAMES = Map.of(
            "acc", "accuracy",
            "acc_norm", "normalized accuracy",
            "exact_match", "exact match",
            "em", "exact match",
            "f1", "F1");

    private ModelIndex() {}

    /**
     * The metadata as YAML, to be put between the lines {@code ---} at the top of a model card.
     *
     * @param tasks the definitions of the tasks in the result; they name the data sets
     */
    public static String render(EvaluationResult result, List<Task> tasks) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        ObjectNode model = root.putArray("model-index").addObject();
        model.put("name", result.model().name());
        ArrayNode results = model.putArray("results");
        for (TaskResult task : result.tasks()) {
            if (!task.metrics().isEmpty()) {
                Optional<Dataset> dataset = tasks.stream()
                        .filter(definition -> definition.name().equals(task.name()))
                        .findFirst()
                        .map(Task::dataset);
                entry(results.addObject(), result, task, dataset);
            }
        }
        return YAML.writeValueAsString(root);
    }

    private static void entry(ObjectNode node, EvaluationResult result, TaskResult task, Optional<Dataset> dataset) {
        node.putObject("task").put("type", "text-generation").put("name", "Text Generation");
        ObjectNode data = node.putObject("dataset");
        data.put("name", task.name()).put("type", dataset.map(Dataset::hub).orElse(task.name()));
        dataset.flatMap(Dataset::configuration).ifPresent(name -> data.put("config", name));
        dataset.ifPresent(known -> data.put("split", known.split()));
        ObjectNode how = data.putObject("args");
        how.put("num_few_shot", task.shots())
                .put("task_version", task.version())
                .put("documents", task.documents());
        result.settings().limit().ifPresent(limit -> how.put("limit", limit));
        ArrayNode metrics = node.putArray("metrics");
        for (MetricValue metric : task.metrics()) {
            ObjectNode value = metrics.addObject();
            value.put("type", metric.name())
                    .put("value", metric.value())
                    .put("name", NAMES.getOrDefault(metric.name(), metric.name()));
            if (metric.standardError().isPresent()) {
                value.putObject("args").put("stderr", metric.standardError().getAsDouble());
            }
        }
    }
}
