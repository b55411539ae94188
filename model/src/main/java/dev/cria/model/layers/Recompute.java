package dev.cria.model.layers;

/**
 * What of a block's forward pass is computed again in the backward pass instead of being kept: memory for time. Gradients have the same bits in
 * every case, for the same kernels see the same numbers again. Norm outputs and the feed-forward activation are never kept.
 */
public enum Recompute {
    /** Everything else is kept. */
    NONE,
    /** Queries, keys, values and attention's output are computed again: a quarter less memory, for some 10 % of the time. */
    ATTENTION,
    /** Only the residual stream before each block is kept: a tenth of the memory, for about a third more time. */
    FULL;

    /** Whether each block keeps its queries, keys, values and attention's output. */
    public boolean keepsAttention() {
        return this == NONE;
    }

    /** Whether each block keeps the residual stream after attention, and gate and up. */
    public boolean keepsFeedForward() {
        return this != FULL;
    }
}
