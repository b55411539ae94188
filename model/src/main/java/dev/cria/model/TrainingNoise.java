package dev.cria.model;

import dev.cria.tensor.CounterBits;

/**
 * What a micro-batch draws at random while it is learnt from. All of it is a function of the stream: the same stream draws the same again.
 *
 * @param stream of random bits, another for each micro-batch
 * @param embeddingAlpha strength of the noise on embeddings (NEFTune, arXiv 2310.05914); 0 for none
 */
public record TrainingNoise(long stream, double embeddingAlpha) {
    /** No noise on embeddings. */
    public static final TrainingNoise NONE = new TrainingNoise(0, 0);

    private static final long EMBEDDING = 1;
    private static final long DROPOUT = 2;

    /** The noise of a micro-batch. */
    public static TrainingNoise of(long seed, long step, int microBatch, double embeddingAlpha) {
        long run = CounterRandom.stream(seed, "noise");
        return new TrainingNoise(CounterBits.at(CounterBits.at(run, step), microBatch), embeddingAlpha);
    }

    /** Largest noise on an element: alpha/√(T·D), for a sequence of T tokens. */
    float magnitude(int T, int D) {
        return (float) (embeddingAlpha / Math.sqrt((double) T * D));
    }

    /** @param first the sequence's first token in the batch */
    long embeddingStream(long first) {
        return CounterBits.at(CounterBits.at(stream, EMBEDDING), first);
    }

    /** What dropout draws from. */
    public long dropoutStream() {
        return CounterBits.at(stream, DROPOUT);
    }
}
