package dev.cria.model.generation;

import dev.cria.base.UserError;

/**
 * How the next token is chosen. The steps apply in the order of the components, each to the renormalised result of the one before, as
 * transformers does; repetition penalty comes first of all.
 *
 * @param temperature divisor of the logits; 0 takes the most likely token always
 * @param topK keep the k most likely (and all that equal the k-th); 0 keeps all
 * @param topP keep the smallest set of most likely tokens with this much probability (nucleus sampling, arXiv 1904.09751); 1 keeps all
 * @param minP keep tokens at least this many times as likely as the most likely (arXiv 2407.01082); 0 keeps all
 * @param typicalP keep the tokens closest to the expected surprise with this much probability (arXiv 2202.00666); 1 keeps all
 * @param repetitionPenalty divisor of positive and factor of negative logits of tokens that occurred (arXiv 1909.05858); 1 is none
 * @param seed the same seed, prompt and model give the same text
 */
public record SamplingOptions(
        double temperature, int topK, double topP, double minP, double typicalP, double repetitionPenalty, long seed) {
    /** @throws UserError if a value makes no sense; the message names it */
    public SamplingOptions {
        require(temperature >= 0 && Double.isFinite(temperature), "temperature", temperature, "0 or more");
        require(topK >= 0, "top-k", topK, "0 (all) or more");
        require(topP > 0 && topP <= 1, "top-p", topP, "above 0 and at most 1");
        require(minP >= 0 && minP <= 1, "min-p", minP, "between 0 and 1");
        require(typicalP > 0 && typicalP <= 1, "typical-p", typicalP, "above 0 and at most 1");
        require(
                repetitionPenalty > 0 && Double.isFinite(repetitionPenalty),
                "repetition-penalty",
                repetitionPenalty,
                "above 0");
    }

    private static void require(boolean holds, String name, Number value, String range) {
        if (!holds) {
            throw new UserError("sampling: " + name + " is " + value, "give " + range);
        }
    }

    /** The most likely token, always. */
    public static SamplingOptions greedy() {
        return new SamplingOptions(0, 0, 1, 0, 1, 1, 0);
    }

    /** The model's own distribution. */
    public static SamplingOptions plain(long seed) {
        return new SamplingOptions(1, 0, 1, 0, 1, 1, seed);
    }

    public SamplingOptions withTemperature(double value) {
        return new SamplingOptions(value, topK, topP, minP, typicalP, repetitionPenalty, seed);
    }

    public SamplingOptions withTopK(int value) {
        return new SamplingOptions(temperature, value, topP, minP, typicalP, repetitionPenalty, seed);
    }

    public SamplingOptions withTopP(double value) {
        return new SamplingOptions(temperature, topK, value, minP, typicalP, repetitionPenalty, seed);
    }

    public SamplingOptions withMinP(double value) {
        return new SamplingOptions(temperature, topK, topP, value, typicalP, repetitionPenalty, seed);
    }

    public SamplingOptions withTypicalP(double value) {
        return new SamplingOptions(temperature, topK, topP, minP, value, repetitionPenalty, seed);
    }

    public SamplingOptions withRepetitionPenalty(double value) {
        return new SamplingOptions(temperature, topK, topP, minP, typicalP, value, seed);
    }

    public SamplingOptions withSeed(long value) {
        return new SamplingOptions(temperature, topK, topP, minP, typicalP, repetitionPenalty, value);
    }
}
