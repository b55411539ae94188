package dev.cria.model;

import dev.cria.model.layers.Block;
import dev.cria.model.layers.BlockWeights;
import dev.cria.model.layers.FeedForward;
import dev.cria.model.layers.Linear;
import dev.cria.model.layers.LmHead;
import dev.cria.model.layers.RmsNorm;
import dev.cria.model.layers.SelfAttention;
import dev.cria.model.layers.TrainedLinear;
import dev.cria.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;

/**
 * The layers after the embedding.
 *
 * @param blocks in order
 * @param finalNorm the norm after the last
 * @param head the output head with its loss
 */
record BlockStack(List<Block> blocks, RmsNorm finalNorm, LmHead head) {
    BlockStack {
        blocks = List.copyOf(blocks);
    }

    /** Layers all of whose weights learn. */
    static BlockStack over(Kernels kernels, ParameterSet parameters, ParameterSet gradients, RopeTables rope) {
        LlamaConfig config = parameters.config();
        float eps = (float) config.rmsNormEps();
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            BlockWeights weights = parameters.layer(i);
            BlockWeights slopes = gradients.layer(i);
            Linear qkv = new TrainedLinear(kernels, weights.qkv(), slopes.qkv());
            Linear output = new TrainedLinear(kernels, weights.output(), slopes.output());
            Linear gateUp = new TrainedLinear(kernels, weights.gateUp(), slopes.gateUp());
            Linear down = new TrainedLinear(kernels, weights.down(), slopes.down());
            blocks.add(new Block(
                    new RmsNorm(kernels, weights.inputNorm(), slopes.inputNorm(), eps),
                    new SelfAttention(
                            kernels,
                            qkv,
                            output,
                            config.numAttentionHeads(),
                            config.numKeyValueHeads(),
                            rope.cos(),
                            rope.sin()),
                    new RmsNorm(kernels, weights.postAttentionNorm(), slopes.postAttentionNorm(), eps),
                    new FeedForward(kernels, gateUp, down)));
        }
        return new BlockStack(
                blocks,
                new RmsNorm(kernels, parameters.finalNorm(), gradients.finalNorm(), eps),
                new LmHead(kernels, new TrainedLinear(kernels, parameters.head(), gradients.head())));
    }
}
