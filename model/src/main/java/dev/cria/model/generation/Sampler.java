package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.CounterRandom;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Chooses tokens from logits. The n-th choice uses the n-th number of the seed's stream, so that texts can be repeated. */
public final class Sampler {
    private final SamplingOptions options;
    private final List<SamplingStep> steps;
    private final long stream;
    private long drawn;

    public Sampler(SamplingOptions options) {
        this(options, "sampler");
    }

    /** @param stream names the random numbers, so that two samplers of one seed draw independently */
    Sampler(SamplingOptions options, String stream) {
        this.options = options;
        this.steps = steps(options);
        this.stream = CounterRandom.stream(options.seed(), stream);
    }

    private static List<SamplingStep> steps(SamplingOptions options) {
        List<SamplingStep> steps = new ArrayList<>();
        if (options.temperature() != 1 && options.temperature() != 0) {
            steps.add(new SamplingStep.Temperature(options.temperature()));
        }
        if (options.topK() > 0) {
            steps.add(new SamplingStep.TopK(options.topK()));
        }
        if (options.topP() < 1) {
            steps.add(new SamplingStep.TopP(options.topP()));
        }
        if (options.minP() > 0) {
            steps.add(new SamplingStep.MinP(options.minP()));
        }
        if (options.typicalP() < 1) {
            steps.add(new SamplingStep.TypicalP(options.typicalP()));
        }
        return List.copyOf(steps);
    }

    /**
     * The next token.
     *
     * @param logits [V], left as they are
     * @param seen ids of the prompt and of the text so far, for the repetition penalty
     * @throws UserError with exit code 1 if the logits hold no number to choose by
     */
    public int next(float[] logits, BitSet seen) {
        if (takesLikeliest()) {
            return best(logits);
        }
        Candidates candidates = new Candidates(logits);
        penalise(candidates, seen);
        requireFinite(candidates.score(candidates.best()));
        if (options.temperature() == 0) {
            return candidates.id(candidates.best());
        }
        steps.forEach(step -> step.apply(candidates));
        return draw(candidates);
    }

    /**
     * The distribution that {@link #next} would draw from, [V]; dropped tokens have probability 0. Draws nothing.
     *
     * @throws UserError as {@link #next}
     */
    public double[] distribution(float[] logits, BitSet seen) {
        double[] all = new double[logits.length];
        Candidates candidates = new Candidates(logits);
        penalise(candidates, seen);
        requireFinite(candidates.score(candidates.best()));
        if (options.temperature() == 0) {
            all[candidates.id(candidates.best())] = 1;
            return all;
        }
        steps.forEach(step -> step.apply(candidates));
        double[] probabilities = candidates.probabilities();
        for (int i = 0; i < candidates.count(); i++) {
            all[candidates.id(i)] = probabilities[i];
        }
        return all;
    }

    private void penalise(Candidates candidates, BitSet seen) {
        if (options.repetitionPenalty() != 1) {
            double penalty = options.repetitionPenalty();
            seen.stream().filter(id -> id < candidates.count()).forEach(id -> {
                float score = candidates.score(id);
                candidates.score(id, (float) (score < 0 ? score * penalty : score / penalty));
            });
        }
    }

    /** Whether the most likely token is taken always, and no random number drawn. */
    boolean isGreedy() {
        return options.temperature() == 0;
    }

    /** Whether the choice is the largest logit, whatever the text so far. */
    boolean takesLikeliest() {
        return isGreedy() && options.repetitionPenalty() == 1;
    }

    /** The next random number, in (0, 1). */
    double uniform() {
        return CounterRandom.uniform(stream, drawn++);
    }

    /** Draws an id from probabilities that sum to 1. */
    int draw(double[] probabilities) {
        return draw(probabilities, probabilities.length);
    }

    private int draw(Candidates candidates) {
        return candidates.id(draw(candidates.probabilities(), candidates.count()));
    }

    private int draw(double[] probabilities, int count) {
        double target = uniform();
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += probabilities[i];
            if (sum > target) {
                return i;
            }
        }
        // Rounding left the sum below the target: the last token with any probability.
        int last = count - 1;
        while (last > 0 && probabilities[last] == 0) {
            last--;
        }
        return last;
    }

    /** The first of the greatest. In two passes, of which C2 makes vectors of the first: over 32,000 logits one loop would take 40 µs. */
    private static int best(float[] logits) {
        int greatest = Integer.MIN_VALUE;
        for (float logit : logits) {
            int bits = Float.floatToRawIntBits(logit);
            greatest = Math.max(greatest, bits ^ bits >> 31 & Integer.MAX_VALUE); // ordered as the floats are
        }
        float maximum = Float.intBitsToFloat(greatest ^ greatest >> 31 & Integer.MAX_VALUE);
        requireFinite(maximum);
        int best = 0;
        while (logits[best] != maximum) {
            best++;
        }
        return best;
    }

    private static void requireFinite(float best) {
        if (!Float.isFinite(best)) {
            throw UserError.failed(
                    "the model's logits are not finite", "its weights are damaged, or its training diverged");
        }
    }
}
