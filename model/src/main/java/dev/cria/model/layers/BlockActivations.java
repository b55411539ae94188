package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/**
 * What the backward pass needs of one block's forward pass. The outputs of the norms are not here: they are computed again from their
 * input and {@code rstd}.
 *
 * @param input residual stream before the block, [N, D]
 * @param inputRstd reciprocal root mean square of it, [N]
 * @param qkv rotated queries and keys, and values, [N, H+2K, E]
 * @param logSumExp of the attention scores, [B, H, T]
 * @param attention attention's output before its projection, [N, H·E]
 * @param middle residual stream after attention, [N, D]
 * @param middleRstd reciprocal root mean square of it, [N]
 * @param gateUp gate and up before the activation, [N, 2F]; the backward pass overwrites it with its gradient
 * @param hidden the feed-forward layer's activation, [N, F]
 */
public record BlockActivations(
        Tensor input,
        Tensor inputRstd,
        Tensor qkv,
        Tensor logSumExp,
        Tensor attention,
        Tensor middle,
        Tensor middleRstd,
        Tensor gateUp,
        Tensor hidden) {}
