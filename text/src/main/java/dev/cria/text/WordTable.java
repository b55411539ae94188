package dev.cria.text;

import java.util.Arrays;

/** Counts words in bounded memory: when there are too many, the rarest are forgotten. */
final class WordTable {
    private final int maxWords;
    private char[] chars = new char[1 << 16];
    private int charsUsed;
    private int[] starts = new int[1 << 12]; // of each word in chars
    private int[] lengths = new int[1 << 12];
    private long[] counts = new long[1 << 12];
    private int size;
    private int[] slots = new int[1 << 14]; // word + 1, 0 is free
    private long forgotten;

    WordTable(int maxWords) {
        this.maxWords = maxWords;
    }

    int size() {
        return size;
    }

    /** Number of words that were dropped, each as often as it had been counted. */
    long forgotten() {
        return forgotten;
    }

    long count(int word) {
        return counts[word];
    }

    int length(int word) {
        return lengths[word];
    }

    String text(int word) {
        return new String(chars, starts[word], lengths[word]);
    }

    void add(char[] text, int from, int to, int hash, long count) {
        int length = to - from;
        int slot = find(text, from, length, hash);
        if (slots[slot] != 0) {
            counts[slots[slot] - 1] += count;
            return;
        }
        if (size >= maxWords || charsUsed + length > Integer.MAX_VALUE / 2) {
            prune();
            slot = find(text, from, length, hash);
        }
        if (2 * (size + 1) > slots.length) {
            rehash(2 * slots.length);
            slot = find(text, from, length, hash);
        }
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, 2 * size);
            lengths = Arrays.copyOf(lengths, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
        }
        if (charsUsed + length > chars.length) {
            chars = Arrays.copyOf(chars, Math.max(charsUsed + length, (int)
                    Math.min(chars.length * 2L, Integer.MAX_VALUE - 8)));
        }
        System.arraycopy(text, from, chars, charsUsed, length);
        starts[size] = charsUsed;
        lengths[size] = length;
        counts[size] = count;
        charsUsed += length;
        slots[slot] = ++size;
    }

    /** The hash that {@link #add} wants. */
    static int hash(char[] text, int from, int to) {
        int hash = 0;
        for (int i = from; i < to; i++) {
            hash = hash * 31 + text[i];
        }
        return hash;
    }

    private int find(char[] text, int from, int length, int hash) {
        int mask = slots.length - 1;
        int slot = spread(hash) & mask;
        while (slots[slot] != 0) {
            int word = slots[slot] - 1;
            if (lengths[word] == length
                    && Arrays.equals(chars, starts[word], starts[word] + length, text, from, from + length)) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private static int spread(int hash) {
        int h = hash * 0x9E3779B9;
        return h ^ h >>> 15;
    }

    private void rehash(int capacity) {
        slots = new int[capacity];
        for (int word = 0; word < size; word++) {
            int hash = hash(chars, starts[word], starts[word] + lengths[word]);
            slots[find(chars, starts[word], lengths[word], hash)] = word + 1;
        }
    }

    /** Drops the rarest words until at most half the room is taken. */
    private void prune() {
        long limit = 1;
        while (countAbove(limit) > maxWords / 2) {
            limit *= 2;
        }
        int kept = 0;
        int used = 0;
        for (int word = 0; word < size; word++) {
            if (counts[word] <= limit) {
                forgotten += counts[word];
                continue;
            }
            System.arraycopy(chars, starts[word], chars, used, lengths[word]);
            starts[kept] = used;
            lengths[kept] = lengths[word];
            counts[kept] = counts[word];
            used += lengths[word];
            kept++;
        }
        size = kept;
        charsUsed = used;
        rehash(slots.length);
    }

    private int countAbove(long limit) {
        int above = 0;
        for (int word = 0; word < size; word++) {
            above += counts[word] > limit ? 1 : 0;
        }
        return above;
    }
}
