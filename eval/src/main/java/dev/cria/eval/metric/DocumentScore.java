package dev.cria.eval.metric;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The metrics of one document.
 *
 * @param values metric (`acc`, `acc_norm`, `exact_match`, `em`, `f1`, `pass@1`) to value, in the task's order
 * @param filtered what was compared: the chosen answer of each text after the task's filters; empty for multiple choice
 */
public record DocumentScore(Map<String, Double> values, List<String> filtered) {
    public DocumentScore {
        values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
        filtered = List.copyOf(filtered);
    }
}
