package dev.cria.model.layers;

import java.util.Arrays;

/**
 * How the rows of a micro-batch fall into sequences: B of T tokens each, or one after another of any lengths. Positions restart with each, and
 * no token attends to another sequence.
 *
 * @param batch B; 1 where the lengths differ
 * @param time T; all tokens where the lengths differ
 * @param lengths tokens of each sequence; empty for B of T
 */
@SuppressWarnings("ArrayRecordComponent") // a view of a batch, never compared
public record Sequences(int batch, int time, int[] lengths) {
    /** B sequences of T tokens. */
    public static Sequences equal(int batch, int time) {
        return new Sequences(batch, time, new int[0]);
    }

    /** Takes a stretch of sequences of one length. */
    @FunctionalInterface
    public interface Stretch {
        /**
         * @param first row of its first token
         * @param batch how many sequences
         * @param time tokens of each
         */
        void accept(long first, int batch, int time);
    }

    /** Calls for each stretch, from the first row to the last. */
    public void forEach(Stretch stretch) {
        if (lengths.length == 0) {
            stretch.accept(0, batch, time);
            return;
        }
        long first = 0;
        for (int length : lengths) {
            stretch.accept(first, 1, length);
            first += length;
        }
    }

    /** Tokens of the longest sequence. */
    public int longest() {
        return lengths.length == 0 ? time : Arrays.stream(lengths).max().getAsInt();
    }

    /** Writes each token's position in its own sequence. */
    public void positions(int[] into) {
        forEach((first, count, length) -> {
            for (int n = 0; n < count * length; n++) {
                into[(int) first + n] = n % length;
            }
        });
    }
}
