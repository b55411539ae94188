package dev.cria.data;

/**
 * How far a preparation is.
 *
 * @param bytes UTF-8 bytes of text tokenised, duplicates included
 * @param documents documents written
 * @param tokens tokens written
 * @param seconds time since the start
 * @param source the document read last
 */
public record PrepareProgress(long bytes, long documents, long tokens, double seconds, String source) {
    /** Text in units of a million bytes a second; 0 at the very start. */
    public double megabytesPerSecond() {
        return seconds > 0 ? bytes / 1e6 / seconds : 0;
    }
}
