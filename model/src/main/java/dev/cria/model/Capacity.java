package dev.cria.model;

import dev.cria.model.layers.Recompute;

/**
 * What a model that learns has working memory for.
 *
 * @param maxBatch most sequences of a micro-batch
 * @param maxTime most tokens of a sequence
 * @param microBatches passes whose losses are kept until they are asked for
 * @param recompute what is not kept for the backward pass
 */
public record Capacity(int maxBatch, int maxTime, int microBatches, Recompute recompute) {
    /** @throws IllegalArgumentException if a number is below 1, or the tokens do not fit an int */
    public Capacity {
        if (maxBatch < 1 || maxTime < 1 || microBatches < 1) {
            throw new IllegalArgumentException(
                    microBatches + " micro-batches of " + maxBatch + " x " + maxTime + " tokens");
        }
        Math.multiplyExact(maxBatch, maxTime);
    }

    /** One micro-batch, for which everything is kept. */
    public static Capacity of(int maxBatch, int maxTime) {
        return new Capacity(maxBatch, maxTime, 1, Recompute.NONE);
    }

    /** N at most. */
    public long tokens() {
        return (long) maxBatch * maxTime;
    }

    public Capacity withRecompute(Recompute other) {
        return new Capacity(maxBatch, maxTime, microBatches, other);
    }

    public Capacity withBatch(int other) {
        return new Capacity(other, maxTime, microBatches, recompute);
    }
}
