package dev.cria.text;

import java.util.Arrays;

/**
 * Remembers the ids of words: an open-addressing table over two arenas (characters and ids). When either is full everything is forgotten,
 * so memory is bounded and frequent words are soon back. Belongs to one thread at a time.
 */
final class WordCache {
    /** Longer words are not remembered. */
    static final int MAX_WORD = 48;

    private static final int BITS = 15;
    private static final int SLOTS = 1 << BITS;
    private static final int WORDS = SLOTS / 2;
    private static final int STRIDE = 4;

    // Per slot: hash, start of the characters, length of the word << 16 | number of ids (0: free), start of the ids.
    private final int[] slots = new int[SLOTS * STRIDE];
    private final char[] chars = new char[WORDS * 12];
    private final int[] ids = new int[WORDS * 8];
    private int charsUsed;
    private int idsUsed;
    private int words;

    /** Appends the ids of {@code text[from..from+length)} if known; {@code hash} is the caller's, always the same for the same word. */
    boolean find(char[] text, int from, int length, int hash, TokenBuffer out) {
        int slot = slot(hash);
        while (true) {
            int at = slot * STRIDE;
            int lengths = slots[at + 2];
            if (lengths == 0) {
                return false;
            }
            if (slots[at] == hash && lengths >>> 16 == length && same(text, from, slots[at + 1], length)) {
                out.addAll(ids, slots[at + 3], lengths & 0xFFFF);
                return true;
            }
            slot = (slot + 1) & (SLOTS - 1);
        }
    }

    private boolean same(char[] text, int from, int start, int length) {
        for (int i = 0; i < length; i++) {
            if (text[from + i] != chars[start + i]) {
                return false;
            }
        }
        return true;
    }

    /** Remembers a word that {@link #find} did not know; {@code count} ids of {@code source} from {@code idsFrom} on are its ids. */
    void add(char[] text, int from, int length, int hash, int[] source, int idsFrom, int count) {
        if (words == WORDS || charsUsed + length > chars.length || idsUsed + count > ids.length) {
            Arrays.fill(slots, 0);
            charsUsed = 0;
            idsUsed = 0;
            words = 0;
        }
        int slot = slot(hash);
        while (slots[slot * STRIDE + 2] != 0) {
            slot = (slot + 1) & (SLOTS - 1);
        }
        int at = slot * STRIDE;
        slots[at] = hash;
        slots[at + 1] = charsUsed;
        slots[at + 2] = length << 16 | count;
        slots[at + 3] = idsUsed;
        System.arraycopy(text, from, chars, charsUsed, length);
        System.arraycopy(source, idsFrom, ids, idsUsed, count);
        charsUsed += length;
        idsUsed += count;
        words++;
    }

    private static int slot(int hash) {
        return hash * 0x9E3779B9 >>> 32 - BITS;
    }
}
