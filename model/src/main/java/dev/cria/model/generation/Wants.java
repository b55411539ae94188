package dev.cria.model.generation;

/**
 * Whose probabilities are wanted after which tokens of a walk, in flat arrays: after token {@code tokens[i]} those of {@code targets[t]} for t from
 * {@code firstTarget[i]} to {@code firstTarget[i + 1]} − 1, each for the pairs {@code pairs[p]}, p from {@code firstPair[t]} to
 * {@code firstPair[t + 1]} − 1. All ascend.
 */
@SuppressWarnings("ArrayRecordComponent") // made once, read by one walk, never compared
record Wants(int[] tokens, int[] firstTarget, int[] targets, int[] firstPair, int[] pairs) {

    /** Most targets of a token among {@code count} from the {@code first} on. */
    int rounds(int first, int count) {
        int rounds = 0;
        for (int i = first; i < first + count; i++) {
            rounds = Math.max(rounds, firstTarget[i + 1] - firstTarget[i]);
        }
        return rounds;
    }

    /** Which target token {@code i} has in a round, as an index into {@link #targets}; −1 where it has had them all. */
    int target(int i, int round) {
        int target = firstTarget[i] + round;
        return target < firstTarget[i + 1] ? target : -1;
    }

    /** The ids of a round's targets of the tokens from {@code first} on; −1 for those that have had them all. */
    void targets(int first, int round, int[] ids) {
        for (int i = 0; i < ids.length; i++) {
            int target = target(first + i, round);
            ids[i] = target < 0 ? -1 : targets[target];
        }
    }

    /** Takes tokens in their order. */
    static final class Builder {
        private final IntList tokens = new IntList();
        private final IntList firstTarget = new IntList();
        private final IntList targets = new IntList();
        private final IntList firstPair = new IntList();
        private final IntList pairs = new IntList();

        /** @param sorted from {@code from} to {@code to} − 1, ascending: a target in the upper half, a pair that wants it in the lower */
        void add(int token, long[] sorted, int from, int to) {
            tokens.add(token);
            firstTarget.add(targets.size());
            int last = -1;
            for (int i = from; i < to; i++) {
                int target = (int) (sorted[i] >>> Integer.SIZE);
                if (target != last) {
                    firstPair.add(pairs.size());
                    targets.add(target);
                    last = target;
                }
                pairs.add((int) sorted[i]);
            }
        }

        Wants build() {
            firstTarget.add(targets.size());
            firstPair.add(pairs.size());
            return new Wants(
                    tokens.toArray(), firstTarget.toArray(), targets.toArray(), firstPair.toArray(), pairs.toArray());
        }
    }
}
