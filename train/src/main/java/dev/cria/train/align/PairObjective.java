package dev.cria.train.align;

import dev.cria.model.Objective;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The loss of a micro-batch of pairs, and its numbers. The gradient reaches each token of an answer by the same factor:
 * ∂L/∂nll is −L′(h) on the chosen one and L′(h) on the rejected one, each over its number of tokens where answers are normalised by length.
 */
public final class PairObjective implements Objective {
    private final PreferenceSettings settings;
    private final PairBatch batch;
    private final double[] reference;
    private final double scale;
    private final Map<String, Double> sums = new LinkedHashMap<>();
    private double loss;

    /**
     * @param reference log-probabilities of the answers by the reference, as {@link PairBatch#logProbabilities} gives them
     * @param scale factor on the gradients, such as 1/pairs of a whole step
     */
    public PairObjective(PreferenceSettings settings, PairBatch batch, double[] reference, double scale) {
        if (reference.length != 2 * batch.pairs()) {
            throw new IllegalArgumentException(
                    reference.length + " reference values for " + batch.pairs() + " pairs of answers");
        }
        this.settings = settings;
        this.batch = batch;
        this.reference = reference;
        this.scale = scale;
    }

    /** @return the sum over the pairs, not scaled */
    @Override
    public double differentiate(float[] nll, float[] factors) {
        double[] slopes = judge(nll);
        batch.forEachScored((n, sequence) -> factors[n] = (float) slopes[sequence]);
        return loss;
    }

    /** The same without gradients. */
    public double evaluate(float[] nll) {
        judge(nll);
        return loss;
    }

    /** The last call's sums over the pairs, by trl's names. */
    public Map<String, Double> sums() {
        return Collections.unmodifiableMap(new LinkedHashMap<>(sums));
    }

    /** Takes loss and numbers; returns the scaled factor of each answer's tokens. */
    private double[] judge(float[] nll) {
        double[] model = batch.logProbabilities(nll);
        int[] tokens = batch.scored();
        double[] factors = new double[model.length];
        sums.clear();
        loss = 0;
        double beta = settings.beta();
        for (int chosen = 0; chosen < model.length; chosen += 2) {
            int rejected = chosen + 1;
            double ofChosen = settings.lengthNormalised() ? 1.0 / tokens[chosen] : 1;
            double ofRejected = settings.lengthNormalised() ? 1.0 / tokens[rejected] : 1;
            double gained = (model[chosen] - reference[chosen]) * ofChosen;
            double gainedRejected = (model[rejected] - reference[rejected]) * ofRejected;
            double h = gained - gainedRejected;
            double slope = settings.loss().slope(h, beta, settings.labelSmoothing());
            factors[chosen] = -scale * slope * ofChosen;
            factors[rejected] = scale * slope * ofRejected;
            loss += settings.loss().value(h, beta, settings.labelSmoothing());
            add("rewards/chosen", beta * gained);
            add("rewards/rejected", beta * gainedRejected);
            add("rewards/margins", beta * h);
            add("rewards/accuracies", h > 0 ? 1 : 0);
            add("logps/chosen", model[chosen] * ofChosen);
            add("logps/rejected", model[rejected] * ofRejected);
        }
        return factors;
    }

    private void add(String name, double value) {
        sums.merge(name, value, Double::sum);
    }
}
