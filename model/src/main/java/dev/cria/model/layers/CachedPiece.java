package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/**
 * Consecutive tokens of one sequence among the rows that pass through the blocks together.
 *
 * @param fresh the tokens' queries, keys and values, [n, H+2K, E]
 * @param queries the same rows, and perhaps others after them that are attended in vain, [m, H+2K, E] with m ≥ n
 * @param attended what comes of them, [m, H, E]; the rows after the first n belong to later pieces, which write them again
 * @param past the first token's position
 */
public record CachedPiece(Tensor fresh, Tensor queries, Tensor attended, int past) {}
