package dev.cria.train.align;

import dev.cria.base.UserError;
import dev.cria.data.chat.EncodedPair;
import dev.cria.model.TrainableLlama;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Log-probabilities of all answers by the starting model, which preferences are measured against. It is asked once, before the first step, and
 * not at every step beside the model that learns: that saves its memory and a forward pass a step. What is known is kept in a file of the run.
 */
public final class ReferenceLogProbs {
    private static final long SAVE_NANOS = 60_000_000_000L;

    private final Path file;
    private final Map<String, String> made;
    private final List<EncodedPair> pairs;
    private final double[] values;
    private int known;

    /** Hears how far it is. */
    @FunctionalInterface
    public interface Progress {
        /** @param remaining an estimate */
        void at(long done, long pairs, Duration remaining);
    }

    /**
     * Reads what an earlier run found out.
     *
     * @param made what the numbers depend on, by name
     * @param pairs in the order in which they are asked for
     * @throws dev.cria.base.MalformedFileException if the file is damaged
     */
    public ReferenceLogProbs(Path file, Map<String, String> made, List<EncodedPair> pairs) {
        this.file = file;
        this.made = Map.copyOf(made);
        this.pairs = pairs;
        this.values = new double[Math.multiplyExact(2, pairs.size())];
        double[] read = ReferenceFile.read(file, this.made, values.length);
        System.arraycopy(read, 0, values, 0, read.length);
        this.known = read.length / 2;
    }

    /** Whether all are known. */
    public boolean isComplete() {
        return known == pairs.size();
    }

    /** How many pairs are known. */
    public int known() {
        return known;
    }

    /** What is known of a pair: chosen, rejected. */
    public double[] of(int pair) {
        if (pair >= known) {
            throw new IllegalStateException("pair " + pair + " is not known yet");
        }
        return new double[] {values[2 * pair], values[2 * pair + 1]};
    }

    /**
     * Asks the starting model for what is not known, and keeps it. Micro-batches are cut the same way however often that is broken off.
     *
     * @param capacity most tokens of a micro-batch
     * @return false if it was broken off because a stop was requested
     * @throws UserError with exit code 1 if the model gives no number, or the file cannot be written
     */
    public boolean complete(TrainableLlama model, int capacity, Progress progress, BooleanSupplier stopRequested) {
        long start = System.nanoTime();
        long saved = start;
        int first = 0;
        int fresh = 0;
        for (List<EncodedPair> stretch : PairPacking.cut(pairs, EncodedPair::tokens, capacity)) {
            int end = first + stretch.size();
            if (end > known) {
                ask(model, stretch, first);
                known = end;
                fresh += stretch.size();
                long now = System.nanoTime();
                progress.at(known, pairs.size(), Duration.ofNanos((now - start) / fresh * (pairs.size() - known)));
                if (stopRequested.getAsBoolean() && !isComplete()) {
                    save();
                    return false;
                }
                if (now - saved > SAVE_NANOS) {
                    save();
                    saved = now;
                }
            }
            first = end;
        }
        save();
        return true;
    }

    private void ask(TrainableLlama model, List<EncodedPair> stretch, int first) {
        PairBatch batch = PairBatch.of(stretch);
        double[] found = batch.logProbabilities(model.negativeLogLikelihoods(batch.batch()));
        for (double value : found) {
            if (!Double.isFinite(value)) {
                throw UserError.failed(
                        "the starting model gives an answer the log-probability " + value
                                + ", so there is nothing to measure against",
                        "look at the model: its weights may be damaged");
            }
        }
        System.arraycopy(found, 0, values, 2 * first, found.length);
    }

    private void save() {
        try {
            ReferenceFile.write(file, made, values, 2 * known);
        } catch (IOException e) {
            UserError error = UserError.failed(
                    "cannot write " + file + ": " + e.getMessage(), "free some space or mend the permissions");
            error.initCause(e);
            throw error;
        }
    }
}
