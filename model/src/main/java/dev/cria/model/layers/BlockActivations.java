package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/**
 * What the backward pass needs of one block's forward pass. The outputs of the norms and of the feed-forward activation are not here: they
 * are computed again from their inputs, which saves a quarter of the memory for about 1 % of the time.
 *
 * @param input residual stream before the block, [N, D]
 * @param inputRstd reciprocal root mean square of it, [N]
 * @param qkv rotated queries and keys, and values, [N, H+2K, E]
 * @param logSumExp of the attention scores, [B, H, T]
 * @param attention attention's output before its projection, [N, H·E]
 * @param middle residual stream after attention, [N, D]
 * @param middleRstd reciprocal root mean square of it, [N]
 * @param gateUp gate and up before the activation, [N, 2F]; the backward pass overwrites it with its gradient
 */
public record BlockActivations(
        Tensor input,
        Tensor inputRstd,
        Tensor qkv,
        Tensor logSumExp,
        Tensor attention,
        Tensor middle,
        Tensor middleRstd,
        Tensor gateUp) {}
