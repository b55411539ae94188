package dev.cria.eval.metric;

import java.util.List;

/** What a model made of one document; a metric turns it into numbers. */
public sealed interface Outcome {
    /**
     * The choices of a question, scored.
     *
     * @param logLikelihoods [choices] the sum of the log-probabilities (natural logarithm) of each continuation's tokens
     * @param greedy [choices] whether each token of the continuation is the most probable one
     */
    record Choices(double[] logLikelihoods, boolean[] greedy) implements Outcome {
        public Choices {
            if (logLikelihoods.length != greedy.length) {
                throw new IllegalArgumentException(
                        logLikelihoods.length + " log-likelihoods with " + greedy.length + " greedy flags");
            }
        }
    }

    /** Texts that the model wrote, cut at the first stop text; one for each time the question was put. */
    record Texts(List<String> generated) implements Outcome {
        public Texts {
            generated = List.copyOf(generated);
        }
    }

    /** Programs that were run: how many were tried, and how many of them passed their tests. */
    record Programs(int tried, int passed) implements Outcome {
        public Programs {
            if (passed < 0 || passed > tried) {
                throw new IllegalArgumentException(passed + " of " + tried + " programs passed");
            }
        }
    }
}
