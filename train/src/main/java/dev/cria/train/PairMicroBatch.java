package dev.cria.train;

import dev.cria.model.Batch;
import dev.cria.model.TrainableLlama;
import dev.cria.train.align.PairBatch;
import dev.cria.train.align.PairObjective;
import dev.cria.train.align.PreferenceSettings;

/**
 * Pairs of answers, of which the preferred one is to gain on the other.
 *
 * @param pairs the pairs
 * @param reference log-probabilities of the answers by the starting model: chosen, rejected, chosen, rejected, …
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record PairMicroBatch(PairBatch pairs, double[] reference, PreferenceSettings settings) implements MicroBatch {
    @Override
    public Batch batch() {
        return pairs.batch();
    }

    @Override
    public double weight() {
        return pairs.pairs();
    }

    @Override
    public void learn(TrainableLlama model, double scale, LossSums sums) {
        PairObjective objective = new PairObjective(settings, pairs, reference, scale);
        double loss = model.forwardBackward(batch(), objective);
        sums.add(loss, weight(), objective.sums());
    }

    @Override
    public void measure(TrainableLlama model, LossSums sums) {
        PairObjective objective = new PairObjective(settings, pairs, reference, 1);
        double loss = objective.evaluate(model.negativeLogLikelihoods(batch()));
        sums.add(loss, weight(), objective.sums());
    }
}
