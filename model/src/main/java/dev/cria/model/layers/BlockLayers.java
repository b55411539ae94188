package dev.cria.model.layers;

/**
 * What a block is made of.
 *
 * @param inputNorm norm before attention
 * @param qkv query, key and value projections, I = D, O = (H+2K)·E
 * @param output attention's output projection, I = H·E, O = D
 * @param middleNorm norm before the feed-forward layer
 * @param gateUp gate and up projections, I = D, O = 2F
 * @param down down projection, I = F, O = D
 */
public record BlockLayers(
        RmsNorm inputNorm, Linear qkv, Linear output, RmsNorm middleNorm, Linear gateUp, Linear down) {}
