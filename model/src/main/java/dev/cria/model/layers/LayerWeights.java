package dev.cria.model.layers;

import dev.cria.tensor.Tensor;
import java.util.List;

/**
 * The weights of one block of a model that runs: matrices as they are stored, of any type, and norms in float32.
 *
 * @param inputNorm norm before attention, [D]
 * @param qkv query, key and value projections one after another, [(H+2K)·E, D] in sum; one tensor, or three
 * @param output attention's output projection, [D, H·E]
 * @param postAttentionNorm norm before the feed-forward layer, [D]
 * @param gateUp gate and up projections one after another, [2F, D] in sum; one tensor, or two
 * @param down down projection, [D, F]
 * @param adapter what adapters add to the projections
 */
public record LayerWeights(
        Tensor inputNorm,
        List<Tensor> qkv,
        Tensor output,
        Tensor postAttentionNorm,
        List<Tensor> gateUp,
        Tensor down,
        BlockAdapter adapter) {
    public LayerWeights {
        qkv = List.copyOf(qkv);
        gateUp = List.copyOf(gateUp);
    }

    /** Weights that no adapter changes. */
    public LayerWeights(
            Tensor inputNorm,
            List<Tensor> qkv,
            Tensor output,
            Tensor postAttentionNorm,
            List<Tensor> gateUp,
            Tensor down) {
        this(inputNorm, qkv, output, postAttentionNorm, gateUp, down, BlockAdapter.NONE);
    }

    /** The same weights with another adapter. */
    public LayerWeights with(BlockAdapter value) {
        return new LayerWeights(inputNorm, qkv, output, postAttentionNorm, gateUp, down, value);
    }
}
