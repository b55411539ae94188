package dev.cria.model;

import dev.cria.model.layers.Block;
import dev.cria.model.layers.FeedForward;
import dev.cria.model.layers.LmHead;
import dev.cria.model.layers.RmsNorm;
import dev.cria.model.layers.SelfAttention;
import dev.cria.tensor.Kernels;
import java.util.List;

/**
 * The layers after the embedding, put together.
 *
 * @param blocks in order
 * @param finalNorm the norm after the last
 * @param head the output head with its loss
 */
record BlockStack(List<Block> blocks, RmsNorm finalNorm, LmHead head) {
    BlockStack {
        blocks = List.copyOf(blocks);
    }

    /** Puts layers together. */
    static BlockStack of(Kernels kernels, LlamaConfig config, RopeTables rope, LearningLayers layers) {
        List<Block> blocks = layers.blocks().stream()
                .map(layer -> new Block(
                        layer.inputNorm(),
                        new SelfAttention(
                                kernels,
                                layer.qkv(),
                                layer.output(),
                                config.numAttentionHeads(),
                                config.numKeyValueHeads(),
                                rope.cos(),
                                rope.sin(),
                                layers.order()),
                        layer.middleNorm(),
                        new FeedForward(kernels, layer.gateUp(), layer.down())))
                .toList();
        return new BlockStack(blocks, layers.finalNorm(), new LmHead(kernels, layers.head()));
    }
}
