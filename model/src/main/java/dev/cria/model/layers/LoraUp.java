package dev.cria.model.layers;

import dev.cria.tensor.Tensor;

/**
 * Rows of an adapter's second matrix, and where they stand among the merged outputs of a layer. That place is given in a matrix of
 * {@code together} outputs a row: 1 is the layer's own [O, R]; 2 is [O/2, 2R], where every other output makes a block, as rotary positions in
 * pairs need it.
 *
 * @param rows part of B, [o, r]
 * @param gradient of it, [o, r]
 * @param row of the block's first element
 * @param column likewise
 * @param together outputs that make a row
 * @param scaling what B·A is multiplied with
 */
public record LoraUp(Tensor rows, Tensor gradient, long row, long column, int together, float scaling) {}
