package dev.cria.train.align;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/** Lays pairs into micro-batches: whole ones, in their order, as many as fit. */
public final class PairPacking {
    private PairPacking() {}

    /**
     * Cuts a list of pairs into stretches.
     *
     * @param size tokens of a pair
     * @param capacity most tokens of a stretch; no pair has more
     * @return views of {@code pairs}, in order
     */
    public static <T> List<List<T>> cut(List<T> pairs, ToIntFunction<T> size, int capacity) {
        List<List<T>> stretches = new ArrayList<>();
        int first = 0;
        long tokens = 0;
        for (int i = 0; i < pairs.size(); i++) {
            int next = size.applyAsInt(pairs.get(i));
            if (next > capacity) {
                throw new IllegalArgumentException("a pair of " + next + " tokens in micro-batches of " + capacity);
            }
            if (tokens + next > capacity) {
                stretches.add(pairs.subList(first, i));
                first = i;
                tokens = 0;
            }
            tokens += next;
        }
        if (first < pairs.size()) {
            stretches.add(pairs.subList(first, pairs.size()));
        }
        return stretches;
    }
}
