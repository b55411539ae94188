package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/**
 * The weights of one block, or their gradients.
 *
 * @param inputNorm norm before attention, [D]
 * @param qkv query, key and value projections, [(H+2K)·E, D]
 * @param output attention's output projection, [D, H·E]
 * @param postAttentionNorm norm before the feed-forward layer, [D]
 * @param gateUp gate and up projections, [2F, D]
 * @param down down projection, [D, F]
 */
public record BlockWeights(
        Tensor inputNorm, Tensor qkv, Tensor output, Tensor postAttentionNorm, Tensor gateUp, Tensor down) {}
