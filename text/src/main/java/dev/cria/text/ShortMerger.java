package dev.cria.text;

/** Merges a short word: looks through all neighbours for the lowest rank, merges it, and again. Quadratic, and fastest up to some 40 symbols. */
final class ShortMerger {
    static final int MAX_SYMBOLS = 48;

    private final PairTable pairs;
    private final long[] merges = new long[MAX_SYMBOLS];

    ShortMerger(PairTable pairs) {
        this.pairs = pairs;
    }

    /** Merges {@code symbols[0..n)} in place; returns how many are left. */
    int merge(int[] symbols, int n) {
        for (int i = 0; i + 1 < n; i++) {
            merges[i] = pairs.find(symbols[i], symbols[i + 1]);
        }
        while (n > 1) {
            int best = -1;
            int bestRank = PairTable.rank(PairTable.NONE);
            for (int i = 0; i + 1 < n; i++) { // strictly lower: the leftmost of equals wins
                int rank = PairTable.rank(merges[i]);
                if (rank < bestRank) {
                    bestRank = rank;
                    best = i;
                }
            }
            if (best < 0) {
                return n;
            }
            symbols[best] = PairTable.merged(merges[best]);
            for (int i = best + 1; i + 1 < n; i++) {
                symbols[i] = symbols[i + 1];
                merges[i] = merges[i + 1];
            }
            n--;
            if (best > 0) {
                merges[best - 1] = pairs.find(symbols[best - 1], symbols[best]);
            }
            if (best + 1 < n) {
                merges[best] = pairs.find(symbols[best], symbols[best + 1]);
            }
        }
        return n;
    }
}
