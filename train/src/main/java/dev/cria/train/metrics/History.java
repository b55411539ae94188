package dev.cria.train.metrics;

import dev.cria.train.metrics.EvaluationMetrics.Score;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A run's metrics read back, for the curves.
 *
 * @param steps updates in order
 * @param validations measurements in order
 * @param evaluations scores of benchmark tasks in order
 */
public record History(
        List<StepMetrics> steps, List<ValidationMetrics> validations, List<EvaluationMetrics> evaluations) {
    public History {
        steps = List.copyOf(steps);
        validations = List.copyOf(validations);
        evaluations = List.copyOf(evaluations);
    }

    /** Of a run that runs no tasks. */
    public History(List<StepMetrics> steps, List<ValidationMetrics> validations) {
        this(steps, validations, List.of());
    }

    /**
     * Reads {@code metrics.jsonl}; a last line that was cut short, or lines of other programs, are left out.
     *
     * @throws IOException if the file cannot be read
     */
    public static History read(Path file) throws IOException {
        JsonMapper json = JsonMapper.shared();
        List<StepMetrics> steps = new ArrayList<>();
        List<ValidationMetrics> validations = new ArrayList<>();
        List<EvaluationMetrics> evaluations = new ArrayList<>();
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                JsonNode node;
                try {
                    node = json.readTree(line);
                } catch (JacksonException e) {
                    continue;
                }
                if (node.has("validation_loss")) {
                    validations.add(validation(node));
                } else if (node.path("scores").isObject()) {
                    evaluations.add(evaluation(node));
                } else if (node.has("loss")) {
                    steps.add(step(node));
                }
            }
        }
        return new History(steps, validations, evaluations);
    }

    private static StepMetrics step(JsonNode node) {
        return new StepMetrics(
                node.path("step").asLong(0),
                node.path("stage").asString(""),
                number(node, "loss"),
                number(node, "lr"),
                number(node, "grad_norm"),
                node.path("tokens").asLong(0),
                number(node, "seconds"),
                number(node, "tokens_per_second"),
                number(node, "flops_per_second"),
                number(node, "mfu"),
                number(node, "time"),
                node.has("skipped") ? Optional.of(node.path("skipped").asString("")) : Optional.empty(),
                more(node));
    }

    private static ValidationMetrics validation(JsonNode node) {
        return new ValidationMetrics(
                node.path("step").asLong(0),
                number(node, "validation_loss"),
                number(node, "bits_per_byte"),
                node.path("validation_tokens").asLong(0),
                number(node, "seconds"),
                number(node, "time"),
                more(node));
    }

    private static Map<String, Double> more(JsonNode node) {
        JsonNode metrics = node.path("metrics");
        Map<String, Double> more = new LinkedHashMap<>();
        metrics.propertyNames().forEach(name -> more.put(name, number(metrics, name)));
        return more;
    }

    private static EvaluationMetrics evaluation(JsonNode node) {
        JsonNode scores = node.path("scores");
        JsonNode errors = node.path("standard_errors");
        Set<String> main = new HashSet<>();
        node.path("main").forEach(name -> main.add(name.asString("")));
        List<Score> list = new ArrayList<>();
        for (String name : scores.propertyNames()) {
            OptionalDouble error = errors.has(name) ? OptionalDouble.of(number(errors, name)) : OptionalDouble.empty();
            list.add(new Score(name, number(scores, name), error, main.contains(name)));
        }
        return new EvaluationMetrics(node.path("step").asLong(0), list, number(node, "seconds"), number(node, "time"));
    }

    private static double number(JsonNode node, String key) {
        JsonNode value = node.path(key);
        // Not asDouble alone: it does not know the texts that stand for infinities.
        return switch (value.asString("")) {
            case "Infinity" -> Double.POSITIVE_INFINITY;
            case "-Infinity" -> Double.NEGATIVE_INFINITY;
            default -> value.asDouble(Double.NaN);
        };
    }
}
