package dev.cria.data;

/** One long sequence of token ids that can be read at any position. Safe for many threads at once. */
public interface TokenStream {
    /** Number of tokens. */
    long tokens();

    /**
     * Reads {@code length} ids from {@code position} on.
     *
     * @throws IndexOutOfBoundsException outside 0..{@link #tokens}
     * @throws dev.cria.base.MalformedFileException when the file below is damaged there
     */
    void read(long position, int[] into, int offset, int length);

    /** Changes whenever a token changes. */
    String fingerprint();
}
