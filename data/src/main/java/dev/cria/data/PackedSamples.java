package dev.cria.data;

import dev.cria.base.UserError;

/**
 * A token stream cut into sequences of T tokens, in a new random order each epoch. Sequence {@code i} is tokens {@code iT..iT+T}: T+1 of
 * them, the last being the first of the next sequence, so that every token but the stream's first is a target once. Documents run through
 * the cuts. The incomplete sequence at the end is left out ({@link #droppedTokens}); nothing is padded.
 */
public final class PackedSamples implements SampleSource {
    private final TokenStream stream;
    private final int sequenceLength;
    private final long seed;
    private final long samples;

    /**
     * @param sequenceLength T, at least 1
     * @param seed decides the order
     * @throws UserError when the stream has not even T+1 tokens
     */
    public PackedSamples(TokenStream stream, int sequenceLength, long seed) {
        if (sequenceLength < 1) {
            throw new IllegalArgumentException("sequenceLength must be positive: " + sequenceLength);
        }
        this.stream = stream;
        this.sequenceLength = sequenceLength;
        this.seed = seed;
        this.samples = Math.max(0, (stream.tokens() - 1) / sequenceLength);
        if (samples == 0) {
            throw new UserError(
                    "the data has " + stream.tokens() + " tokens, fewer than one sequence of " + sequenceLength
                            + " and the next token",
                    "add more text, or choose a shorter sequence length");
        }
    }

    @Override
    public long samplesPerEpoch() {
        return samples;
    }

    @Override
    public int sequenceLength() {
        return sequenceLength;
    }

    /** Tokens at the stream's end that no sequence trains on; fewer than T. */
    public long droppedTokens() {
        return stream.tokens() - 1 - samples * sequenceLength;
    }

    /** Which sequence of the stream the sample at an index is: 0..{@link #samplesPerEpoch}-1. */
    public long sequence(long globalSampleIndex) {
        if (globalSampleIndex < 0) {
            throw new IndexOutOfBoundsException("sample " + globalSampleIndex);
        }
        long epoch = globalSampleIndex / samples;
        return new IndexPermutation(samples, seed, epoch).apply(globalSampleIndex % samples);
    }

    @Override
    public void read(long globalSampleIndex, int[] tokens, int offset) {
        stream.read(sequence(globalSampleIndex) * sequenceLength, tokens, offset, sequenceLength + 1);
    }

    @Override
    public String fingerprint() {
        return "packed(" + stream.fingerprint() + ",T=" + sequenceLength + ",seed=" + seed + ")";
    }
}
