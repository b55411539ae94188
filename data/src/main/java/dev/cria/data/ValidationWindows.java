package dev.cria.data;

/**
 * A token stream cut into sequences of T tokens, in the stream's own order: the same windows for every evaluation. Window {@code i} is
 * tokens {@code iT..iT+T}. A stream shorter than T+1 tokens has no window.
 */
public final class ValidationWindows implements SampleSource {
    private final TokenStream stream;
    private final int sequenceLength;

    /** @param sequenceLength T, at least 1 */
    public ValidationWindows(TokenStream stream, int sequenceLength) {
        if (sequenceLength < 1) {
            throw new IllegalArgumentException("sequenceLength must be positive: " + sequenceLength);
        }
        this.stream = stream;
        this.sequenceLength = sequenceLength;
    }

    /** Number of windows; 0 where the stream is too short for one. */
    @Override
    public long samplesPerEpoch() {
        return Math.max(0, (stream.tokens() - 1) / sequenceLength);
    }

    @Override
    public int sequenceLength() {
        return sequenceLength;
    }

    /**
     * Reads window {@code index}.
     *
     * @throws IndexOutOfBoundsException outside 0..{@link #samplesPerEpoch}-1: validation does not repeat
     */
    @Override
    public void read(long index, int[] tokens, int offset) {
        if (index < 0 || index >= samplesPerEpoch()) {
            throw new IndexOutOfBoundsException("window " + index + " of " + samplesPerEpoch());
        }
        stream.read(index * sequenceLength, tokens, offset, sequenceLength + 1);
    }

    @Override
    public String fingerprint() {
        return "windows(" + stream.fingerprint() + ",T=" + sequenceLength + ")";
    }
}
