package dev.cria.eval.run;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A document's result as a JSON object, and back. */
final class DocumentJson {
    private static final JsonMapper JSON = JsonMapper.shared();

    private DocumentJson() {}

    static ObjectNode write(DocumentResult result) {
        ObjectNode node = JSON.createObjectNode().put("task", result.task()).put("doc", result.doc());
        switch (result.outcome()) {
            case DocumentResult.Choices choices -> {
                node.put("gold", choices.gold());
                ArrayNode array = node.putArray("choices");
                for (DocumentResult.Choice choice : choices.choices()) {
                    array.addObject()
                            .put("loglikelihood", choice.logLikelihood())
                            .put("is_greedy", choice.greedy())
                            .put("tokens", choice.tokens())
                            .put("context_tokens", choice.contextTokens())
                            .put("context_tokens_kept", choice.contextTokensKept());
                }
            }
            case DocumentResult.Generated generated -> {
                node.put("gold", generated.gold());
                generated.texts().forEach(node.putArray("generated")::add);
                generated.filtered().forEach(node.putArray("filtered")::add);
                node.put("tokens", generated.tokens())
                        .put("context_tokens", generated.contextTokens())
                        .put("context_tokens_kept", generated.contextTokensKept());
            }
        }
        ObjectNode metrics = node.putObject("metrics");
        result.metrics().forEach(metrics::put);
        return node;
    }

    /** Empty where something is missing or of another type. */
    static Optional<DocumentResult> read(JsonNode node) {
        Map<String, Double> metrics = new LinkedHashMap<>();
        boolean whole = node.path("task").isString()
                && isInt(node.path("doc"))
                && node.path("metrics").isObject();
        if (!whole) {
            return Optional.empty();
        }
        for (Map.Entry<String, JsonNode> metric : node.get("metrics").properties()) {
            if (!metric.getValue().isNumber()) {
                return Optional.empty();
            }
            metrics.put(metric.getKey(), metric.getValue().doubleValue());
        }
        Optional<? extends DocumentResult.Outcome> outcome = node.has("choices") ? choices(node) : generated(node);
        return outcome.map(known -> new DocumentResult(
                node.get("task").stringValue(), node.get("doc").intValue(), known, metrics));
    }

    private static Optional<DocumentResult.Choices> choices(JsonNode node) {
        List<DocumentResult.Choice> choices = new ArrayList<>();
        for (JsonNode choice : node.get("choices")) {
            if (!choice.path("loglikelihood").isNumber()
                    || !choice.path("is_greedy").isBoolean()
                    || !areCounts(choice)) {
                return Optional.empty();
            }
            choices.add(new DocumentResult.Choice(
                    choice.get("loglikelihood").doubleValue(),
                    choice.get("is_greedy").booleanValue(),
                    choice.get("tokens").intValue(),
                    choice.get("context_tokens").intValue(),
                    choice.get("context_tokens_kept").intValue()));
        }
        JsonNode gold = node.path("gold");
        return isInt(gold) ? Optional.of(new DocumentResult.Choices(choices, gold.intValue())) : Optional.empty();
    }

    private static Optional<DocumentResult.Generated> generated(JsonNode node) {
        Optional<List<String>> texts = texts(node.path("generated"));
        Optional<List<String>> filtered = texts(node.path("filtered"));
        if (texts.isEmpty() || filtered.isEmpty() || !node.path("gold").isString() || !areCounts(node)) {
            return Optional.empty();
        }
        return Optional.of(new DocumentResult.Generated(
                texts.get(),
                filtered.get(),
                node.get("gold").stringValue(),
                node.get("tokens").intValue(),
                node.get("context_tokens").intValue(),
                node.get("context_tokens_kept").intValue()));
    }

    private static Optional<List<String>> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        for (JsonNode text : array) {
            if (!text.isString()) {
                return Optional.empty();
            }
            texts.add(text.stringValue());
        }
        return array.isArray() ? Optional.of(texts) : Optional.empty();
    }

    private static boolean areCounts(JsonNode node) {
        return isInt(node.path("tokens"))
                && isInt(node.path("context_tokens"))
                && isInt(node.path("context_tokens_kept"));
    }

    private static boolean isInt(JsonNode node) {
        return node.isIntegralNumber() && node.canConvertToInt();
    }
}
