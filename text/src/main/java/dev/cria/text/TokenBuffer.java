package dev.cria.text;

import java.util.Arrays;

/** A growing list of ids, reused from document to document so that bulk encoding leaves no garbage. Not safe for several threads. */
public final class TokenBuffer {
    private int[] ids;
    private int size;

    public TokenBuffer() {
        this(256);
    }

    public TokenBuffer(int capacity) {
        ids = new int[Math.max(16, capacity)];
    }

    /** A buffer that is large enough for most texts of this length. */
    static TokenBuffer forText(String text) {
        return new TokenBuffer(text.length() / 3 + 16);
    }

    /** The ids so far, in the first {@link #size()} elements; valid until the next change. */
    public int[] array() {
        return ids;
    }

    public int size() {
        return size;
    }

    public void clear() {
        size = 0;
    }

    /** Drops everything from {@code newSize} on. */
    public void truncate(int newSize) {
        if (newSize < 0 || newSize > size) {
            throw new IllegalArgumentException("cannot truncate " + size + " ids to " + newSize);
        }
        size = newSize;
    }

    public void add(int id) {
        if (size == ids.length) {
            grow(1);
        }
        ids[size++] = id;
    }

    /** Appends {@code count} ids of {@code source} from {@code from} on. */
    public void addAll(int[] source, int from, int count) {
        if (ids.length - size < count) {
            grow(count);
        }
        if (count <= 8) { // nearly every word: a loop beats the call
            int at = size;
            for (int i = 0; i < count; i++) {
                ids[at + i] = source[from + i];
            }
        } else {
            System.arraycopy(source, from, ids, size, count);
        }
        size += count;
    }

    public int[] toArray() {
        return Arrays.copyOf(ids, size);
    }

    private void grow(int more) {
        ids = Arrays.copyOf(ids, Math.max(Math.addExact(size, more), (int)
                Math.min(ids.length * 2L, Integer.MAX_VALUE - 8)));
    }
}
