package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/**
 * N new tokens on their way through the blocks of a cached forward pass.
 *
 * @param positions [N], I32
 * @param residual the residual stream, [N, D]
 * @param rstd [N]
 * @param normed output of the norm at hand, [N, D]
 * @param branch output of the branch at hand, [N, D]
 * @param q [N, H, E]
 * @param attended [N, H·E]
 * @param gateUp [N, 2F]
 * @param hidden [N, F]
 */
public record CachedTokens(
        Tensor positions,
        Tensor residual,
        Tensor rstd,
        Tensor normed,
        Tensor branch,
        Tensor q,
        Tensor attended,
        Tensor gateUp,
        Tensor hidden) {}
