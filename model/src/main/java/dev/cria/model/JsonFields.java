package dev.cria.model;

import dev.cria.base.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Typed access to the fields of an object; a wrong type is a {@link UserError} that names file and key.
 *
 * @param json the object
 * @param file what it was read from, for messages
 * @param prefix of its keys in messages, where it lies in another object
 */
public record JsonFields(ObjectNode json, Path file, String prefix) {
    /** What to tell the user of a key whose value will not do. */
    public UserError error(String key, String what) {
        return new UserError(file + ": " + prefix + key + " " + what, "correct " + prefix + key);
    }

    /** Present and not null. */
    public boolean has(String key) {
        return json.hasNonNull(key);
    }

    private Optional<JsonNode> get(String key) {
        return has(key) ? Optional.of(json.get(key)) : Optional.empty();
    }

    public int requiredInt(String key) {
        return optionalInt(key).orElseThrow(() -> error(key, "is missing"));
    }

    public double requiredDouble(String key) {
        return optionalDouble(key).orElseThrow(() -> error(key, "is missing"));
    }

    public Optional<Integer> optionalInt(String key) {
        return get(key).map(node -> toInt(key, node));
    }

    private int toInt(String key, JsonNode node) {
        if (!node.isIntegralNumber() || !node.canConvertToInt()) {
            throw error(key, "is no whole number: " + brief(node));
        }
        return node.intValue();
    }

    public Optional<Double> optionalDouble(String key) {
        return get(key).map(node -> {
            if (!node.isNumber()) {
                throw error(key, "is no number: " + brief(node));
            }
            return node.doubleValue();
        });
    }

    public Optional<Boolean> optionalBoolean(String key) {
        return get(key).map(node -> {
            if (!node.isBoolean()) {
                throw error(key, "is neither true nor false: " + brief(node));
            }
            return node.booleanValue();
        });
    }

    public Optional<String> optionalString(String key) {
        return get(key).map(node -> {
            if (!node.isString()) {
                throw error(key, "is no string: " + brief(node));
            }
            return node.stringValue();
        });
    }

    public Optional<JsonFields> object(String key) {
        return get(key).map(node -> {
            if (!(node instanceof ObjectNode object)) {
                throw error(key, "is no object: " + brief(node));
            }
            return new JsonFields(object, file, prefix + key + ".");
        });
    }

    public List<String> strings(String key) {
        List<String> values = new ArrayList<>();
        get(key).ifPresent(node -> {
            if (!node.isArray()) {
                throw error(key, "is no list: " + brief(node));
            }
            node.forEach(element -> values.add(element.isString() ? element.stringValue() : brief(element)));
        });
        return values;
    }

    /** One whole number or a list of them. */
    public Optional<List<Integer>> ints(String key) {
        return get(key).map(node -> {
            List<Integer> values = new ArrayList<>();
            if (node.isArray()) {
                node.forEach(element -> values.add(toInt(key, element)));
            } else {
                values.add(toInt(key, node));
            }
            return values;
        });
    }

    private static String brief(JsonNode node) {
        String text = node.toString();
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}
