package dev.cria.text;

import java.util.Arrays;

/** For each pair of neighbouring symbols: how often it occurs, in which words, and what it would become. Pairs are numbered as they come. */
final class PairCounts {
    private long[] keys = new long[1 << 12];
    private int[] slots = new int[1 << 13]; // pair + 1, 0 is free
    private long[] counts = new long[1 << 12];
    private int[][] words = new int[1 << 12][];
    private int[] wordCounts = new int[1 << 12];
    private int size;

    int size() {
        return size;
    }

    /** The pair's number; a new one where it is new. */
    int pair(int left, int right) {
        long key = (long) left << 32 | right;
        int slot = slot(key);
        if (slots[slot] != 0) {
            return slots[slot] - 1;
        }
        if (2 * (size + 1) > slots.length) {
            slots = new int[2 * slots.length];
            for (int pair = 0; pair < size; pair++) {
                slots[slot(keys[pair])] = pair + 1;
            }
            slot = slot(key);
        }
        if (size == keys.length) {
            keys = Arrays.copyOf(keys, 2 * size);
            counts = Arrays.copyOf(counts, 2 * size);
            words = Arrays.copyOf(words, 2 * size);
            wordCounts = Arrays.copyOf(wordCounts, 2 * size);
        }
        keys[size] = key;
        words[size] = new int[1];
        slots[slot] = ++size;
        return size - 1;
    }

    private int slot(long key) {
        int mask = slots.length - 1;
        int slot = (int) (key * 0x9E3779B97F4A7C15L >>> 32) & mask;
        while (slots[slot] != 0 && keys[slots[slot] - 1] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    int left(int pair) {
        return (int) (keys[pair] >>> 32);
    }

    int right(int pair) {
        return (int) keys[pair];
    }

    long count(int pair) {
        return counts[pair];
    }

    void change(int pair, long by) {
        counts[pair] += by;
    }

    /** Notes that a word holds the pair; noting the same word twice in a row is harmless. */
    void addWord(int pair, int word) {
        int n = wordCounts[pair];
        if (n > 0 && words[pair][n - 1] == word) {
            return;
        }
        if (n == words[pair].length) {
            words[pair] = Arrays.copyOf(words[pair], n + (n >> 1) + 2);
        }
        words[pair][n] = word;
        wordCounts[pair] = n + 1;
    }

    /** Words that hold, or once held, the pair; then forgets them, and the count. */
    int[] takeWords(int pair) {
        int[] taken = Arrays.copyOf(words[pair], wordCounts[pair]);
        words[pair] = new int[0];
        wordCounts[pair] = 0;
        counts[pair] = 0;
        return taken;
    }
}
