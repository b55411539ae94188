package dev.cria.train;

import dev.cria.model.Batch;
import dev.cria.model.TrainableLlama;

/** What goes through the model in one pass, and how its loss is taken. */
interface MicroBatch {
    /** The tokens. */
    Batch batch();

    /** What it counts for in a mean: tokens with a loss, or pairs. */
    double weight();

    /** Adds the gradients of scale·loss to the model's, and its numbers to {@code sums}. */
    void learn(TrainableLlama model, double scale, LossSums sums);

    /** Adds its numbers to {@code sums}, without gradients. */
    void measure(TrainableLlama model, LossSums sums);

    /** Every token's loss counts by its weight: cross-entropy. */
    record Tokens(Batch batch) implements MicroBatch {
        @Override
        public double weight() {
            return batch.weight();
        }

        @Override
        public void learn(TrainableLlama model, double scale, LossSums sums) {
            sums.add(model.learn(batch, scale), weight());
        }

        @Override
        public void measure(TrainableLlama model, LossSums sums) {
            sums.add(model.evaluate(batch), weight());
        }
    }
}
