package dev.cria.model.generation;

/**
 * How likely a model finds a continuation.
 *
 * @param logProbability Σ log p of its tokens, natural logarithm
 * @param greedy whether each of its tokens was the most likely one
 * @param tokens its number of tokens
 * @param contextTokens tokens of the context
 * @param contextTokensKept how many of them fitted beside it; the others were cut from the left
 */
public record Score(double logProbability, boolean greedy, int tokens, int contextTokens, int contextTokensKept) {}
