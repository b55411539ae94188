package dev.cria.data;

import java.util.Arrays;

/**
 * A set of 128-bit hashes with a bound on its memory: 256 open-addressing tables, each growing by itself, 21 to 43 bytes an entry. When the
 * bound is reached, hashes already known are still recognised and new ones are no longer learnt.
 */
final class SeenDocuments {
    private static final int SEGMENTS = 256;

    private final long maximum;
    private final long[][] tables = new long[SEGMENTS][];
    private final int[] sizes = new int[SEGMENTS];
    private long size;

    SeenDocuments(long maximum) {
        this.maximum = maximum;
        Arrays.setAll(tables, i -> new long[2 * 16]);
    }

    /** What became of a hash. */
    enum Answer {
        NEW,
        SEEN,
        /** Not among those known, and there is no room to remember it. */
        NO_ROOM
    }

    Answer add(long high, long low) {
        // Zero marks a free place; the all-zero hash shares the place of another.
        long key = high == 0 && low == 0 ? 1 : low;
        int segment = (int) (high >>> 56);
        long[] table = tables[segment];
        int at = find(table, high, key);
        if (table[at] != 0 || table[at + 1] != 0) {
            return Answer.SEEN;
        }
        if (size == maximum) {
            return Answer.NO_ROOM;
        }
        table[at] = high;
        table[at + 1] = key;
        size++;
        if (++sizes[segment] * 8L > table.length * 3L) { // three quarters of table.length / 2 places
            tables[segment] = grown(table);
        }
        return Answer.NEW;
    }

    private static long[] grown(long[] table) {
        long[] larger = new long[Math.multiplyExact(table.length, 2)];
        for (int i = 0; i < table.length; i += 2) {
            if (table[i] != 0 || table[i + 1] != 0) {
                int at = find(larger, table[i], table[i + 1]);
                larger[at] = table[i];
                larger[at + 1] = table[i + 1];
            }
        }
        return larger;
    }

    /** Index of the hash in its table, or of the free place where it belongs. Tables have a power of two of places. */
    private static int find(long[] table, long high, long low) {
        int mask = table.length / 2 - 1;
        int place = (int) low & mask;
        while (true) {
            int at = 2 * place;
            boolean free = table[at] == 0 && table[at + 1] == 0;
            if (free || (table[at] == high && table[at + 1] == low)) {
                return at;
            }
            place = (place + 1) & mask;
        }
    }
}
