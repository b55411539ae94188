package dev.cria.model;

import java.util.Arrays;

/**
 * A micro-batch of B sequences of T tokens, row by row. The arrays are not copied; do not change them while a step runs.
 *
 * @param batch B
 * @param time T
 * @param inputs token ids, [B·T]
 * @param targets the id that should follow each, [B·T]; -1 is ignored
 * @param weights factor on each token's loss, [B·T]
 */
@SuppressWarnings("ArrayRecordComponent") // a view of the loader's buffers, never compared
public record Batch(int batch, int time, int[] inputs, int[] targets, float[] weights) {
    /** The target that is left out of the loss. */
    public static final int IGNORED = -1;

    /** @throws IllegalArgumentException if the sizes disagree */
    public Batch {
        long tokens = (long) batch * time;
        if (batch < 1 || time < 1 || inputs.length != tokens || targets.length != tokens || weights.length != tokens) {
            throw new IllegalArgumentException(batch + " sequences of " + time + " tokens, but " + inputs.length
                    + " inputs, " + targets.length + " targets and " + weights.length + " weights");
        }
    }

    /** Every token counts the same. */
    public static Batch of(int batch, int time, int[] inputs, int[] targets) {
        float[] ones = new float[inputs.length];
        Arrays.fill(ones, 1f);
        return new Batch(batch, time, inputs, targets, ones);
    }

    /** B·T. */
    public int tokens() {
        return inputs.length;
    }
}
