package dev.cria.model.generation;

import java.util.Arrays;
import java.util.function.IntPredicate;

/** The tokens still in question, by ascending id, with their logits. Steps change the logits or drop tokens; one always remains. */
final class Candidates {
    private final int[] ids;
    private final float[] scores;
    private final double[] probabilities;
    private int count;

    Candidates(float[] logits) {
        count = logits.length;
        ids = new int[count];
        Arrays.setAll(ids, i -> i);
        scores = logits.clone();
        probabilities = new double[count];
    }

    int count() {
        return count;
    }

    int id(int i) {
        return ids[i];
    }

    float score(int i) {
        return scores[i];
    }

    void score(int i, float score) {
        scores[i] = score;
    }

    /** The largest logit's place; the first of equals. */
    int best() {
        int best = 0;
        for (int i = 1; i < count; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        return best;
    }

    /** Softmax over the candidates; valid until the next call, entries beyond {@link #count} are stale. */
    double[] probabilities() {
        double maximum = scores[best()];
        double total = 0;
        for (int i = 0; i < count; i++) {
            probabilities[i] = Math.exp(scores[i] - maximum);
            total += probabilities[i];
        }
        for (int i = 0; i < count; i++) {
            probabilities[i] /= total;
        }
        return probabilities;
    }

    /** Drops every candidate whose place does not pass; if none does, all stay. */
    void keep(IntPredicate passes) {
        int kept = 0;
        for (int i = 0; i < count; i++) {
            if (passes.test(i)) {
                ids[kept] = ids[i];
                scores[kept++] = scores[i];
            }
        }
        count = kept == 0 ? count : kept;
    }

    /** A long that sorts as (value, place): floats in order, equals by ascending place. */
    static long sortKey(float value, int place) {
        int bits = Float.floatToIntBits(value);
        // Flip the magnitude of negative numbers, so that integer order is float order.
        int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
        return ((long) ordered << 32) | place;
    }

    /** The place in a {@link #sortKey}. */
    static int place(long sortKey) {
        return (int) sortKey;
    }
}
