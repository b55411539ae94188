package dev.cria.train;

import dev.cria.model.TrainableLlama;
import dev.cria.train.metrics.ValidationMetrics;
import java.util.Optional;

/** Measures the loss on held-out text: always the same batches. */
final class Validator {
    private final TrainableLlama model;
    private final Optional<TrainingSource.HeldOut> heldOut;

    Validator(TrainableLlama model, Optional<TrainingSource.HeldOut> heldOut) {
        this.model = model;
        this.heldOut = heldOut;
    }

    /** Whether there is anything to measure on. */
    boolean isPossible() {
        return heldOut.isPresent();
    }

    /** The loss after {@code step} updates; bits per byte are NaN where a dataset does not know its bytes. */
    ValidationMetrics measure(long step) {
        long start = System.nanoTime();
        TrainingSource.HeldOut batches = heldOut.orElseThrow();
        LossSums sums = new LossSums();
        double tokens = 0;
        for (MicroBatch batch : batches) {
            batch.measure(model, sums);
            tokens += batch.batch().weight();
        }
        double bitsPerByte = sums.sum() / Math.log(2) / batches.bytes();
        return new ValidationMetrics(
                step,
                sums.mean(),
                bitsPerByte,
                (long) tokens,
                (System.nanoTime() - start) / 1e9,
                System.currentTimeMillis() / 1e3,
                sums.means());
    }
}
