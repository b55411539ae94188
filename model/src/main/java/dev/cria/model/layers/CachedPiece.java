package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/**
 * Consecutive tokens of one sequence among the rows that pass through the blocks together.
 *
 * @param fresh the tokens' queries, keys and values, [n, H+2K, E]
 * @param past the first token's position
 * @param queries those of them that attend, [m, H+2K, E]: from some token to the last, and perhaps rows after it that attend in vain; none
 *     where nobody asks what becomes of these tokens
 * @param attended what comes of the queries, [m, H, E]; rows after the tokens' own belong to later pieces, which write them again
 * @param firstQuery the first query's position
 */
public record CachedPiece(Tensor fresh, int past, Tensor queries, Tensor attended, int firstQuery) {}
