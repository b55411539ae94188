package dev.cria.text;

import java.util.Arrays;

/**
 * Merges a long word in linear time. Merges must happen in the order of (rank, position). Instead of one big heap, positions wait in a
 * bucket for each rank and the buckets are emptied in order, each from left to right. A merge may bring forth a pair of a rank that is
 * already past (or the present one); such pairs go into a small heap that is served first. It is small because it only ever holds
 * what the merges since it was last empty brought forth.
 */
final class LongMerger {
    private final PairTable pairs;
    private final int[] heads;
    private final MergeHeap urgent = new MergeHeap();

    private int[] symbols = new int[0];
    private int[] next = new int[0];
    private int[] previous = new int[0];
    private long[] merges = new long[0]; // of the symbol at a position with its right neighbour
    private int length;

    private int[] entryPosition = new int[0];
    private int[] entryNext = new int[0];
    private int entries;
    private int freeEntry = -1;
    private int[] bucket = new int[16];

    LongMerger(PairTable pairs) {
        this.pairs = pairs;
        heads = new int[pairs.rankCount()];
        Arrays.fill(heads, -1);
    }

    /** Merges {@code word[0..n)} in place; returns how many symbols are left. */
    int merge(int[] word, int n) {
        prepare(word, n);
        if (n < heads.length / 8) { // too short to walk through all buckets
            for (int p = 0; p + 1 < n; p++) {
                if (merges[p] != PairTable.NONE) {
                    urgent.push(PairTable.rank(merges[p]), p);
                }
            }
            drain(Integer.MAX_VALUE, Integer.MAX_VALUE);
        } else {
            for (int p = n - 2; p >= 0; p--) { // backwards: the lists then run from left to right
                if (merges[p] != PairTable.NONE) {
                    enqueue(PairTable.rank(merges[p]), p);
                }
            }
            for (int rank = 0; rank < heads.length; rank++) {
                if (heads[rank] >= 0) {
                    emptyBucket(rank);
                }
            }
        }
        int left = 0;
        for (int p = 0; p >= 0; p = next[p]) {
            word[left++] = symbols[p];
        }
        release();
        return left;
    }

    private void prepare(int[] word, int n) {
        if (next.length < n) {
            next = new int[n];
            previous = new int[n];
            merges = new long[n];
            symbols = new int[n];
        }
        System.arraycopy(word, 0, symbols, 0, n);
        length = n;
        for (int p = 0; p < n; p++) {
            next[p] = p + 1 < n ? p + 1 : -1;
            previous[p] = p - 1;
            merges[p] = p + 1 < n ? pairs.find(symbols[p], symbols[p + 1]) : PairTable.NONE;
        }
        entries = 0;
        freeEntry = -1;
    }

    private void emptyBucket(int rank) {
        int count = 0;
        boolean sorted = true;
        for (int e = heads[rank]; e >= 0; ) {
            if (count == bucket.length) {
                bucket = Arrays.copyOf(bucket, 2 * count);
            }
            bucket[count] = entryPosition[e];
            sorted &= count == 0 || bucket[count - 1] <= bucket[count];
            count++;
            int following = entryNext[e];
            entryNext[e] = freeEntry;
            freeEntry = e;
            e = following;
        }
        heads[rank] = -1;
        if (!sorted) {
            Arrays.sort(bucket, 0, count);
        }
        for (int i = 0; i < count; i++) {
            drain(rank, bucket[i]);
            if (PairTable.rank(merges[bucket[i]]) == rank) {
                mergeAt(bucket[i], rank);
            }
        }
        drain(rank, Integer.MAX_VALUE);
    }

    /** Serves the small heap up to, not including, (rank, position). */
    private void drain(int rank, int position) {
        while (!urgent.isEmpty()) {
            int r = urgent.topRank();
            int p = urgent.topPosition();
            if (r > rank || (r == rank && p >= position)) {
                return;
            }
            urgent.pop();
            if (PairTable.rank(merges[p]) == r && merges[p] != PairTable.NONE) {
                mergeAt(p, rank);
            }
        }
    }

    private void mergeAt(int p, int currentRank) {
        int right = next[p];
        symbols[p] = PairTable.merged(merges[p]);
        int after = next[right];
        next[p] = after;
        merges[right] = PairTable.NONE;
        merges[p] = PairTable.NONE;
        if (after >= 0) {
            previous[after] = p;
            propose(p, symbols[p], symbols[after], currentRank);
        }
        int before = previous[p];
        if (before >= 0) {
            propose(before, symbols[before], symbols[p], currentRank);
        }
    }

    private void propose(int p, int left, int right, int currentRank) {
        merges[p] = pairs.find(left, right);
        if (merges[p] == PairTable.NONE) {
            return;
        }
        int rank = PairTable.rank(merges[p]);
        if (rank <= currentRank) {
            urgent.push(rank, p);
        } else {
            enqueue(rank, p);
        }
    }

    private void enqueue(int rank, int position) {
        int e;
        if (freeEntry >= 0) {
            e = freeEntry;
            freeEntry = entryNext[e];
        } else {
            if (entries == entryPosition.length) {
                int capacity = Math.max(length, entries + (entries >> 1));
                entryPosition = Arrays.copyOf(entryPosition, capacity);
                entryNext = Arrays.copyOf(entryNext, capacity);
            }
            e = entries++;
        }
        entryPosition[e] = position;
        entryNext[e] = heads[rank];
        heads[rank] = e;
    }

    private void release() {
        if (length > BpeEncoder.KEEP) { // one huge word must not hold memory for ever
            symbols = new int[0];
            next = new int[0];
            previous = new int[0];
            merges = new long[0];
            entryPosition = new int[0];
            entryNext = new int[0];
            bucket = new int[16];
        }
    }
}
