package dev.cria.text;

import java.util.Arrays;

/**
 * Which neighbouring characters may end up in one token. A merge of the symbols L and R joins the last character of L to the first of R;
 * where no merge does that for (a, b), no token can ever reach across a position between a and b, so the text may be cut there and the
 * parts encoded apart, with the same ids as the whole. Words found this way are short in nearly all text, and words repeat.
 */
final class CharacterJoins {
    private static final int ASCII = 128;
    private static final long EMPTY = -1;

    private final boolean[] ascii = new boolean[ASCII * ASCII];
    private long[] slots = new long[1 << 10];
    private int size;

    CharacterJoins() {
        Arrays.fill(slots, EMPTY);
    }

    /** {@code [left * 128 + right]} for ASCII characters; not to be changed. */
    boolean[] ascii() {
        return ascii;
    }

    /**
     * Records that a token may hold {@code left} followed by {@code right}.
     *
     * @param spaceMark whether a space in the text is the same as U+2581
     */
    void add(int left, int right, boolean spaceMark) {
        add(left, right);
        if (spaceMark && left == BpeModel.SPACE_MARK) {
            add(' ', right);
            if (right == BpeModel.SPACE_MARK) {
                add(' ', ' ');
            }
        }
        if (spaceMark && right == BpeModel.SPACE_MARK) {
            add(left, ' ');
        }
    }

    private void add(int left, int right) {
        if ((left | right) < ASCII) {
            ascii[left * ASCII + right] = true;
            return;
        }
        if (2 * (size + 1) > slots.length) {
            long[] old = slots;
            slots = new long[2 * old.length];
            Arrays.fill(slots, EMPTY);
            for (long key : old) {
                if (key != EMPTY) {
                    slots[slot(key)] = key;
                }
            }
        }
        long key = (long) left << 32 | right;
        int slot = slot(key);
        if (slots[slot] == EMPTY) {
            slots[slot] = key;
            size++;
        }
    }

    /** Whether a token may hold code point {@code left} followed by {@code right}. */
    boolean contains(int left, int right) {
        if ((left | right) < ASCII) {
            return ascii[left * ASCII + right];
        }
        long key = (long) left << 32 | right;
        return slots[slot(key)] == key;
    }

    private int slot(long key) {
        int mask = slots.length - 1;
        int slot = (int) (key * 0x9E3779B97F4A7C15L >>> 40) & mask;
        while (slots[slot] != EMPTY && slots[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }
}
