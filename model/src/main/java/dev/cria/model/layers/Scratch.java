package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/**
 * Memory that all blocks use in turn.
 *
 * @param normed output of the norm at hand, [N, D]
 * @param branch output of the branch at hand, not yet added to the residual stream, [N, D]
 * @param dResidual gradient of the residual stream, [N, D]
 * @param dNormed gradient of {@code normed}, [N, D]
 * @param dQkv gradient of queries, keys and values, [N, H+2K, E]
 * @param dAttention gradient of attention's output before its projection, [N, H·E]
 * @param hidden the feed-forward layer's activation, then its gradient, [N, F]
 */
public record Scratch(
        Tensor normed,
        Tensor branch,
        Tensor dResidual,
        Tensor dNormed,
        Tensor dQkv,
        Tensor dAttention,
        Tensor hidden) {}
