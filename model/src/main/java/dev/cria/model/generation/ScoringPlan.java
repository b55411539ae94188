package dev.cria.model.generation;

import java.util.Arrays;

/**
 * In which order the tokens of many pairs are read so that common beginnings are read once, and whose probabilities are taken after which token:
 * sorted by their ids, pairs make a tree, and each goes on where it leaves the path of the one before.
 */
final class ScoringPlan {
    private final IntList ids = new IntList();
    private final IntList positions = new IntList();
    private final IntList wantTokens = new IntList();
    private final IntList wantTargets = new IntList();
    private final IntList wantPairs = new IntList();
    private int[] path;

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

    /** What is wanted after which token. */
    Wants wants() {
        int[] tokens = wantTokens.toArray();
        int[] starts = new int[ids.size() + 1];
        for (int token : tokens) {
            starts[token + 1]++;
        }
        for (int token = 0; token < ids.size(); token++) {
            starts[token + 1] += starts[token];
        }
        int[] next = starts.clone();
        long[] sorted = new long[tokens.length];
        for (int i = 0; i < tokens.length; i++) {
            sorted[next[tokens[i]]++] = (long) wantTargets.get(i) << Integer.SIZE | wantPairs.get(i);
        }
        Wants.Builder wants = new Wants.Builder();
        for (int token = 0; token < ids.size(); token++) {
            if (starts[token] < starts[token + 1]) {
                Arrays.sort(sorted, starts[token], starts[token + 1]);
                wants.add(token, sorted, starts[token], starts[token + 1]);
            }
        }
        return wants.build();
    }
}
