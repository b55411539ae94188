package dev.cria.train;

import dev.cria.data.ValidationWindows;
import dev.cria.model.TrainableLlama;
import dev.cria.train.metrics.ValidationMetrics;
import java.util.ArrayList;
import java.util.List;

/**
 * Measures the loss on held-out text: always the same windows, every dataset of the run by its weight. The windows are read anew each time,
 * so that a large validation set takes no memory.
 */
final class Validator {
    /** The first windows of a dataset. */
    private record Part(ValidationWindows windows, long count) {}

    private final TrainableLlama model;
    private final int microBatch;
    private final int sequenceLength;
    private final List<Part> parts = new ArrayList<>();
    private long tokens;
    private double bytes;

    /** @param tokens most tokens to measure on; at least one window of each dataset is */
    Validator(
            TrainableLlama model, List<TrainingData.HeldOut> heldOut, int microBatch, int sequenceLength, long tokens) {
        this.model = model;
        this.microBatch = microBatch;
        this.sequenceLength = sequenceLength;
        double weights =
                heldOut.stream().mapToDouble(TrainingData.HeldOut::weight).sum();
        for (TrainingData.HeldOut each : heldOut) {
            long wanted = Math.max(1, (long) (tokens * each.weight() / weights / sequenceLength));
            Part part = new Part(each.windows(), Math.min(wanted, each.windows().samplesPerEpoch()));
            parts.add(part);
            this.tokens += part.count() * sequenceLength;
            this.bytes += part.count() * sequenceLength * each.bytesPerToken();
        }
    }

    /** Whether there is anything to measure on. */
    boolean isPossible() {
        return tokens > 0;
    }

    /** The loss after {@code step} updates; bits per byte are NaN where a dataset does not know its bytes. */
    ValidationMetrics measure(long step) {
        long start = System.nanoTime();
        double sum = 0;
        for (Part part : parts) {
            for (long first = 0; first < part.count(); first += microBatch) {
                int count = (int) Math.min(microBatch, part.count() - first);
                sum += model.evaluate(BatchLoader.batch(part.windows(), first, count, sequenceLength));
            }
        }
        double bitsPerByte = sum / Math.log(2) / bytes;
        return new ValidationMetrics(
                step,
                sum / tokens,
                bitsPerByte,
                tokens,
                (System.nanoTime() - start) / 1e9,
                System.currentTimeMillis() / 1e3);
    }
}
