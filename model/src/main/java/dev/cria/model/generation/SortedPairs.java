package dev.cria.model.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Pairs in the order of their ids, so that those that begin alike are neighbours.
 *
 * @param pairs in their own order
 * @param inputs what each reads
 * @param order the pairs' indices, sorted
 */
@SuppressWarnings("ArrayRecordComponent") // made and read within a call of BatchScorer, never compared
record SortedPairs(List<ScoringPair> pairs, int[][] inputs, int[] order) {
    /** Neighbours in the order, {@code to} exclusive. */
    record Range(int from, int to) {}

    /** @throws dev.cria.base.UserError if a continuation is longer than {@code longest} */
    static SortedPairs of(List<ScoringPair> pairs, int longest) {
        int[][] inputs = pairs.stream().map(pair -> pair.input(longest)).toArray(int[][]::new);
        int[] order = IntStream.range(0, inputs.length)
                .boxed()
                .sorted((i, j) -> {
                    int byIds = Arrays.compare(inputs[i], inputs[j]);
                    return byIds != 0 ? byIds : Integer.compare(i, j);
                })
                .mapToInt(Integer::intValue)
                .toArray();
        return new SortedPairs(pairs, inputs, order);
    }

    /** All of them. */
    Range all() {
        return new Range(0, order.length);
    }

    /** Tokens to read for the i-th in order, where the one before it was read just then. */
    private int tokens(int i) {
        int[] input = inputs[order[i]];
        if (i == 0) {
            return input.length;
        }
        int mismatch = Arrays.mismatch(inputs[order[i - 1]], input);
        return mismatch < 0 ? 0 : input.length - mismatch;
    }

    /** Tokens to read for all of them. */
    long tokens() {
        return IntStream.range(0, order.length).mapToLong(this::tokens).sum();
    }

    /** Cuts them into ranges of about so many tokens to read. */
    List<Range> cut(long tokens) {
        List<Range> ranges = new ArrayList<>();
        long sum = 0;
        int from = 0;
        for (int i = 0; i < order.length; i++) {
            sum += tokens(i);
            if (sum >= tokens || i == order.length - 1) {
                ranges.add(new Range(from, i + 1));
                from = i + 1;
                sum = 0;
            }
        }
        return ranges;
    }
}
