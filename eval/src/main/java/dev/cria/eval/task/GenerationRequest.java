package dev.cria.eval.task;

import java.util.List;

/**
 * Go on with this text.
 *
 * @param until texts at which generation stops, themselves left out; the runner adds the end-of-sequence text of the model
 * @param maxTokens the most new tokens
 * @param temperature 0 is greedy
 * @param gold what the answer is measured by
 */
public record GenerationRequest(
        int doc, String context, List<String> until, int maxTokens, double temperature, Gold gold) implements Request {
    public GenerationRequest {
        until = List.copyOf(until);
        if (maxTokens < 1 || !(temperature >= 0)) {
            throw new IllegalArgumentException("maxTokens " + maxTokens + ", temperature " + temperature);
        }
    }
}
