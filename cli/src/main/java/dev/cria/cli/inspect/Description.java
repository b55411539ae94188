package dev.cria.cli.inspect;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a path holds.
 *
 * @param kind such as {@code model} or {@code dataset}
 * @param facts in the order in which to show them; values are numbers, texts, lists or maps of these
 */
public record Description(String kind, Map<String, Object> facts) {
    /** Collects facts in order. */
    static final class Builder {
        private final String kind;
        private final Map<String, Object> facts = new LinkedHashMap<>();

        Builder(String kind) {
            this.kind = kind;
        }

        Builder add(String name, Object value) {
            facts.put(name, value);
            return this;
        }

        Builder addAll(Description other) {
            facts.putAll(other.facts());
            return this;
        }

        Description build() {
            return new Description(kind, facts);
        }
    }
}
