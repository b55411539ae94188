package dev.cria.model;

import dev.cria.model.layers.BlockLayers;
import dev.cria.model.layers.Linear;
import dev.cria.model.layers.RmsNorm;
import dev.cria.tensor.RopeOrder;
import java.util.List;

/**
 * The layers after the embedding.
 *
 * @param blocks what each block is made of, in order
 * @param finalNorm the norm after the last
 * @param head the output head's projection
 * @param order which dimensions of queries and keys rotate together
 */
public record LearningLayers(List<BlockLayers> blocks, RmsNorm finalNorm, Linear head, RopeOrder order) {
    public LearningLayers {
        blocks = List.copyOf(blocks);
    }
}
