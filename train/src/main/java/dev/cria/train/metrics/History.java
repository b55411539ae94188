package dev.cria.train.metrics;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A run's metrics read back, for the curves.
 *
 * @param steps updates in order
 * @param validations measurements in order
 */
public record History(List<StepMetrics> steps, List<ValidationMetrics> validations) {
    public History {
        steps = List.copyOf(steps);
        validations = List.copyOf(validations);
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
                } else if (node.has("loss")) {
                    steps.add(step(node));
                }
            }
        }
        return new History(steps, validations);
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
                node.has("skipped") ? Optional.of(node.path("skipped").asString("")) : Optional.empty());
    }

    private static ValidationMetrics validation(JsonNode node) {
        return new ValidationMetrics(
                node.path("step").asLong(0),
                number(node, "validation_loss"),
                number(node, "bits_per_byte"),
                node.path("validation_tokens").asLong(0),
                number(node, "seconds"),
                number(node, "time"));
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
