package dev.cria.train;

import dev.cria.model.Batch;
import dev.cria.model.TrainableLlama;
import dev.cria.train.metrics.ValidationMetrics;
import java.util.ArrayList;
import java.util.List;

/** Measures the loss on held-out text: always the same windows, every dataset of the run by its weight. */
final class Validator {
    private final TrainableLlama model;
    private final List<Batch> batches = new ArrayList<>();
    private long tokens;
    private double bytes;

    /**
     * @param tokens most tokens to measure on; at least one window of each dataset is
     */
    Validator(
            TrainableLlama model, List<TrainingData.HeldOut> heldOut, int microBatch, int sequenceLength, long tokens) {
        this.model = model;
        double weights =
                heldOut.stream().mapToDouble(TrainingData.HeldOut::weight).sum();
        for (TrainingData.HeldOut each : heldOut) {
            long wanted = Math.max(1, (long) (tokens * each.weight() / weights / sequenceLength));
            long windows = Math.min(wanted, each.windows().samplesPerEpoch());
            for (long first = 0; first < windows; first += microBatch) {
                int count = (int) Math.min(microBatch, windows - first);
                batches.add(BatchLoader.batch(each.windows(), first, count, sequenceLength));
            }
            this.tokens += windows * sequenceLength;
            this.bytes += windows * sequenceLength * each.bytesPerToken();
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
        for (Batch batch : batches) {
            sum += model.evaluate(batch);
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
