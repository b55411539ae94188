package dev.cria.model;

import dev.cria.model.layers.Block;
import dev.cria.model.layers.RmsNorm;
import dev.cria.model.layers.SelfAttention;
import dev.cria.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;

/**
 * The layers between embedding and head, over the weights of a {@link ParameterSet}.
 *
 * @param blocks in order
 * @param finalNorm the norm after the last
 */
record BlockStack(List<Block> blocks, RmsNorm finalNorm) {
    static BlockStack over(Kernels kernels, ParameterSet parameters, RopeTables rope) {
        LlamaConfig config = parameters.config();
        float eps = (float) config.rmsNormEps();
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            SelfAttention attention = new SelfAttention(
                    kernels,
                    parameters.layer(i),
                    config.numAttentionHeads(),
                    config.numKeyValueHeads(),
                    rope.cos(),
                    rope.sin());
            blocks.add(new Block(kernels, parameters.layer(i), attention, eps));
        }
        return new BlockStack(List.copyOf(blocks), new RmsNorm(kernels, parameters.finalNorm(), eps));
    }
}
