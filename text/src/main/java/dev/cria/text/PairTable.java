package dev.cria.text;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What two neighbouring symbols merge into, and how urgently: an open-addressing table from (left, right) to (rank, merged).
 * The lowest rank merges first. Symbols are 0 or more; a negative symbol (an unknown character) merges with nothing.
 */
final class PairTable {
    /** What {@link #find} returns where the pair does not merge: larger than every rank. */
    static final long NONE = Long.MAX_VALUE;

    private static final long EMPTY = -1;

    private long[] slots;
    private int shift;
    private int size;
    private int rankCount;
    private final @Nullable Resolver resolver;

    /** Works out what two symbols merge into. */
    interface Resolver {
        /** As {@link PairTable#find}, of symbols that are 0 or more. */
        long resolve(int left, int right);
    }

    /** A table of what is put in. */
    PairTable(int expected) {
        this(expected, null);
    }

    /** A table that asks when it does not know, and remembers; for one thread at a time. */
    PairTable(Resolver resolver) {
        this(256, resolver);
    }

    private PairTable(int expected, @Nullable Resolver resolver) {
        this.resolver = resolver;
        int bits = 32 - Integer.numberOfLeadingZeros(Math.max(8, expected));
        slots = empty(bits + 1);
        shift = 64 - (bits + 1);
    }

    private static long[] empty(int bits) {
        long[] slots = new long[2 << bits];
        Arrays.fill(slots, EMPTY);
        return slots;
    }

    /** Rank of a result of {@link #find}. */
    static int rank(long found) {
        return (int) (found >>> 32);
    }

    /** Merged symbol of a result of {@link #find}. */
    static int merged(long found) {
        return (int) found;
    }

    /** Number of pairs. */
    int size() {
        return size;
    }

    /** One more than the largest rank. */
    int rankCount() {
        return rankCount;
    }

    /** The merge of (left, right) as {@code rank << 32 | merged}, or {@link #NONE}. */
    long find(int left, int right) {
        if ((left | right) < 0) {
            return NONE;
        }
        long key = (long) left << 32 | right;
        int mask = (slots.length >> 1) - 1;
        int slot = (int) (key * 0x9E3779B97F4A7C15L >>> shift);
        while (true) {
            long at = slots[2 * slot];
            if (at == key) {
                return slots[2 * slot + 1];
            }
            if (at == EMPTY) {
                return resolver == null ? NONE : resolved(left, right);
            }
            slot = (slot + 1) & mask;
        }
    }

    private long resolved(int left, int right) {
        long found = resolver == null ? NONE : resolver.resolve(left, right);
        if (3 * (size + 1) > slots.length) {
            grow();
        }
        insert((long) left << 32 | right, found);
        return found;
    }

    /** Whether it asks when it does not know. */
    boolean isFilledWhenAsked() {
        return resolver != null;
    }

    /** Adds a pair; an existing one is replaced. */
    void put(int left, int right, int rank, int merged) {
        if ((left | right | rank | merged) < 0 || rank == Integer.MAX_VALUE) {
            throw new IllegalArgumentException("negative symbol or rank out of range");
        }
        if (3 * (size + 1) > slots.length) {
            grow();
        }
        rankCount = Math.max(rankCount, rank + 1);
        insert((long) left << 32 | right, (long) rank << 32 | merged);
    }

    private void insert(long key, long value) {
        int mask = (slots.length >> 1) - 1;
        int slot = (int) (key * 0x9E3779B97F4A7C15L >>> shift);
        while (slots[2 * slot] != EMPTY && slots[2 * slot] != key) {
            slot = (slot + 1) & mask;
        }
        if (slots[2 * slot] == EMPTY) {
            size++;
        }
        slots[2 * slot] = key;
        slots[2 * slot + 1] = value;
    }

    private void grow() {
        long[] old = slots;
        slots = new long[2 * old.length];
        Arrays.fill(slots, EMPTY);
        shift--;
        size = 0;
        for (int i = 0; i < old.length; i += 2) {
            if (old[i] != EMPTY) {
                insert(old[i], old[i + 1]);
            }
        }
    }

    /** Visits every pair, in no particular order. */
    void forEach(Visitor visitor) {
        for (int i = 0; i < slots.length; i += 2) {
            if (slots[i] != EMPTY) {
                visitor.visit((int) (slots[i] >>> 32), (int) slots[i], rank(slots[i + 1]), merged(slots[i + 1]));
            }
        }
    }

    /** Receives the pairs of {@link #forEach}. */
    interface Visitor {
        void visit(int left, int right, int rank, int merged);
    }
}
