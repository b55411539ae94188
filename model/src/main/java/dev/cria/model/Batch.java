package dev.cria.model;

import dev.cria.model.layers.Sequences;
import java.util.Arrays;

/**
 * A micro-batch of B sequences of T tokens, row by row. The arrays are not copied; do not change them while a step runs.
 *
 * @param batch B
 * @param time T
 * @param inputs token ids, [B·T]
 * @param targets the id that should follow each, [B·T]; -1 is ignored
 * @param weights factor on each token's loss, [B·T]
 * @param lengths where B is 1: tokens of the sequences that share the row, in order, none of which sees another; empty for one of T
 */
@SuppressWarnings("ArrayRecordComponent") // a view of the loader's buffers, never compared
public record Batch(int batch, int time, int[] inputs, int[] targets, float[] weights, int[] lengths) {
    /** The target that is left out of the loss. */
    public static final int IGNORED = -1;

    /** @throws IllegalArgumentException if the sizes disagree */
    public Batch {
        long tokens = (long) batch * time;
        if (batch < 1 || time < 1 || inputs.length != tokens || targets.length != tokens || weights.length != tokens) {
            throw new IllegalArgumentException(batch + " sequences of " + time + " tokens, but " + inputs.length
                    + " inputs, " + targets.length + " targets and " + weights.length + " weights");
        }
        if (lengths.length > 0
                && (batch != 1
                        || Arrays.stream(lengths).anyMatch(length -> length < 1)
                        || Arrays.stream(lengths).asLongStream().sum() != time)) {
            throw new IllegalArgumentException(
                    "sequences of " + Arrays.toString(lengths) + " tokens in " + batch + " rows of " + time);
        }
    }

    /** B sequences of T tokens. Errors as above. */
    public Batch(int batch, int time, int[] inputs, int[] targets, float[] weights) {
        this(batch, time, inputs, targets, weights, new int[0]);
    }

    /** Every token counts the same. */
    public static Batch of(int batch, int time, int[] inputs, int[] targets) {
        float[] ones = new float[inputs.length];
        Arrays.fill(ones, 1f);
        return new Batch(batch, time, inputs, targets, ones, new int[0]);
    }

    /** Whole sequences of any lengths one after another; every token whose target is not ignored counts the same. */
    public static Batch packed(int[] lengths, int[] inputs, int[] targets) {
        float[] ones = new float[inputs.length];
        Arrays.fill(ones, 1f);
        return new Batch(1, inputs.length, inputs, targets, ones, lengths);
    }

    /** Σ w over the tokens that have a target: what a mean loss is divided by. */
    public double weight() {
        double sum = 0;
        for (int n = 0; n < targets.length; n++) {
            sum += targets[n] == IGNORED ? 0 : weights[n];
        }
        return sum;
    }

    /** How the tokens fall into sequences. */
    Sequences sequences() {
        return new Sequences(batch, time, lengths);
    }

    /** B·T. */
    public int tokens() {
        return inputs.length;
    }
}
