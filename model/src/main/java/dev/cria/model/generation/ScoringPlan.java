package dev.cria.model.generation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * In which order the tokens of many pairs are read so that common beginnings are read once, and whose probabilities are taken after which token:
 * sorted by their ids, pairs make a tree, and each goes on where it leaves the path of the one before.
 */
final class ScoringPlan {
    private final Ints ids = new Ints();
    private final Ints positions = new Ints();
    private final Ints wantTokens = new Ints();
    private final Ints wantTargets = new Ints();
    private final Ints wantPairs = new Ints();
    private int[] path;

    /** A token's probability after another one, for some pairs. */
    record Want(int target, int[] pairs) {}

    private ScoringPlan(int[] held) {
        this.path = held;
    }

    /**
     * Makes a plan for some pairs.
     *
     * @param longest tokens of a sequence at most
     * @param held what was read last, position by position
     */
    static ScoringPlan of(SortedPairs sorted, SortedPairs.Range range, int longest, int[] held) {
        ScoringPlan plan = new ScoringPlan(held);
        int[] tokenAt = new int[longest];
        Arrays.fill(tokenAt, -1);
        for (int i = range.from(); i < range.to(); i++) {
            int pair = sorted.order()[i];
            plan.add(pair, sorted.pairs().get(pair), sorted.inputs()[pair], tokenAt);
        }
        return plan;
    }

    /** @param tokenAt which token of this plan the path has at a position; −1 where it is of an earlier plan */
    private void add(int pair, ScoringPair scored, int[] input, int[] tokenAt) {
        int first = input.length - scored.continuationTokens();
        int mismatch = Arrays.mismatch(path, input);
        int common = mismatch < 0 ? input.length : mismatch;
        for (int p = first; p < common; p++) {
            if (tokenAt[p] < 0) {
                common = p; // its logits are gone
            }
        }
        for (int p = common; p < input.length; p++) {
            tokenAt[p] = ids.size();
            ids.add(input[p]);
            positions.add(p);
        }
        path = input;
        for (int i = 0; i < scored.continuationTokens(); i++) {
            wantTokens.add(tokenAt[first + i]);
            wantTargets.add(scored.target(i));
            wantPairs.add(pair);
        }
    }

    /** The tokens to read, in order. */
    int[] ids() {
        return ids.toArray();
    }

    /** Where each stands in its sequence. */
    int[] positions() {
        return positions.toArray();
    }

    /** What is wanted after each token, ascending by target; empty after most. */
    List<List<Want>> wants() {
        int[] tokens = wantTokens.toArray();
        int[] targets = wantTargets.toArray();
        int[] pairs = wantPairs.toArray();
        int[] ends = new int[ids.size() + 1];
        for (int token : tokens) {
            ends[token + 1]++;
        }
        Arrays.parallelPrefix(ends, Integer::sum);
        int[] starts = ends.clone();
        long[] sorted = new long[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            sorted[starts[tokens[i]]++] = (long) targets[i] << 32 | pairs[i];
        }
        List<List<Want>> wants = new ArrayList<>(ids.size());
        for (int token = 0; token < ids.size(); token++) {
            wants.add(group(sorted, ends[token], ends[token + 1]));
        }
        return wants;
    }

    private static List<Want> group(long[] sorted, int from, int to) {
        if (from == to) {
            return List.of();
        }
        Arrays.sort(sorted, from, to);
        List<Want> wants = new ArrayList<>();
        for (int i = from; i < to; ) {
            int target = (int) (sorted[i] >>> 32);
            int end = i;
            while (end < to && (int) (sorted[end] >>> 32) == target) {
                end++;
            }
            wants.add(new Want(
                    target,
                    Arrays.stream(sorted, i, end).mapToInt(both -> (int) both).toArray()));
            i = end;
        }
        return wants;
    }

    /** A growing array. */
    private static final class Ints {
        private int[] values = new int[1024];
        private int size;

        void add(int value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, 2 * size);
            }
            values[size++] = value;
        }

        int size() {
            return size;
        }

        int[] toArray() {
            return Arrays.copyOf(values, size);
        }
    }
}
