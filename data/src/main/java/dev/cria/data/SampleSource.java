package dev.cria.data;

/**
 * An endless sequence of training samples. The sample at an index is a pure function of the source's construction and of the index: not of
 * what was read before, of threads, ranks or restarts. Reading is safe for many threads at once.
 */
public interface SampleSource {
    /** Samples in one pass over the data. */
    long samplesPerEpoch();

    /** Tokens T that a sample trains on; a sample is T+1 tokens: the inputs are the first T, the targets the last T. */
    int sequenceLength();

    /**
     * Reads one sample.
     *
     * @param globalSampleIndex index of the sample, from 0, through all epochs
     * @param tokens receives T+1 ids
     * @param offset where in {@code tokens} the first goes
     */
    void read(long globalSampleIndex, int[] tokens, int offset);

    /** Names the data and its order: equal fingerprints give equal samples at equal indices. */
    String fingerprint();
}
