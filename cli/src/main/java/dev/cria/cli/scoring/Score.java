package dev.cria.cli.scoring;

/**
 * How likely a continuation is.
 *
 * @param logprob natural logarithm of its probability: the sum over its tokens
 * @param greedy whether each of its tokens is the likeliest one there
 * @param tokens its number of tokens
 */
public record Score(double logprob, boolean greedy, int tokens) {}
