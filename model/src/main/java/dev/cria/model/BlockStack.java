package dev.cria.model;

import dev.cria.model.layers.Block;
import dev.cria.model.layers.BlockLayers;
import dev.cria.model.layers.FeedForward;
import dev.cria.model.layers.Linear;
import dev.cria.model.layers.LmHead;
import dev.cria.model.layers.RmsNorm;
import dev.cria.model.layers.SelfAttention;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.RopeOrder;
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

    /** Puts layers together. */
    static BlockStack of(
            Kernels kernels,
            LlamaConfig config,
            RopeTables rope,
            RopeOrder order,
            List<BlockLayers> layers,
            RmsNorm finalNorm,
            Linear head) {
        List<Block> blocks = layers.stream()
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
                                order),
                        layer.middleNorm(),
                        new FeedForward(kernels, layer.gateUp(), layer.down())))
                .toList();
        return new BlockStack(blocks, finalNorm, new LmHead(kernels, head));
    }
}
