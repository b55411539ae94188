package dev.cria.model.generation;

import java.util.Arrays;

/** One step between logits and the distribution that is drawn from; semantics are those of transformers' logits processors. */
sealed interface SamplingStep {
    void apply(Candidates candidates);

    /** Divides every logit. */
    record Temperature(double temperature) implements SamplingStep {
        @Override
        public void apply(Candidates candidates) {
            for (int i = 0; i < candidates.count(); i++) {
                candidates.score(i, (float) (candidates.score(i) / temperature));
            }
        }
    }

    /** Keeps the k largest logits, and all that equal the k-th. */
    record TopK(int k) implements SamplingStep {
        @Override
        public void apply(Candidates candidates) {
            if (k < candidates.count()) {
                float threshold = largest(candidates, k);
                candidates.keep(i -> candidates.score(i) >= threshold);
            }
        }

        /** The k-th largest logit, by insertion into a sorted list of the k best so far. */
        private static float largest(Candidates candidates, int k) {
            float[] best = new float[k];
            int filled = 0;
            for (int i = 0; i < candidates.count(); i++) {
                float score = candidates.score(i);
                if (filled == k && score <= best[k - 1]) {
                    continue;
                }
                int at = filled < k ? filled++ : k - 1;
                while (at > 0 && best[at - 1] < score) {
                    best[at] = best[at - 1];
                    at--;
                }
                best[at] = score;
            }
            return best[k - 1];
        }
    }

    /** Drops the least likely tokens that together have at most 1 − p; of equals the lower ids go first. */
    record TopP(double p) implements SamplingStep {
        @Override
        public void apply(Candidates candidates) {
            int count = candidates.count();
            double[] probabilities = candidates.probabilities();
            double spare = 1 - p;
            // Tokens below this share are dropped whatever their order, and need not be sorted.
            double negligible = spare / count;
            double dropped = 0;
            long[] order = new long[count];
            int sorted = 0;
            for (int i = 0; i < count; i++) {
                if (probabilities[i] < negligible) {
                    dropped += probabilities[i];
                    candidates.score(i, Float.NEGATIVE_INFINITY);
                } else {
                    order[sorted++] = Candidates.sortKey(candidates.score(i), i);
                }
            }
            Arrays.sort(order, 0, sorted);
            for (int rank = 0; rank < sorted - 1; rank++) {
                int place = Candidates.place(order[rank]);
                dropped += probabilities[place];
                if (dropped > spare) {
                    break;
                }
                candidates.score(place, Float.NEGATIVE_INFINITY);
            }
            candidates.keep(i -> candidates.score(i) > Float.NEGATIVE_INFINITY);
        }
    }

    /** Keeps tokens at least p times as likely as the most likely one. */
    record MinP(double p) implements SamplingStep {
        @Override
        public void apply(Candidates candidates) {
            double[] probabilities = candidates.probabilities();
            double least = p * probabilities[candidates.best()];
            candidates.keep(i -> probabilities[i] >= least);
        }
    }

    /** Keeps the tokens whose surprise is closest to the entropy, up to a mass of p (and all that are as close as the last). */
    record TypicalP(double p) implements SamplingStep {
        @Override
        public void apply(Candidates candidates) {
            int count = candidates.count();
            double[] probabilities = candidates.probabilities();
            double entropy = 0;
            for (int i = 0; i < count; i++) {
                entropy -= probabilities[i] > 0 ? probabilities[i] * Math.log(probabilities[i]) : 0;
            }
            float[] distances = new float[count];
            long[] order = new long[count];
            for (int i = 0; i < count; i++) {
                distances[i] = (float) Math.abs(-Math.log(probabilities[i]) - entropy);
                order[i] = Candidates.sortKey(distances[i], i);
            }
            Arrays.sort(order);
            int last = 0;
            double mass = probabilities[Candidates.place(order[0])];
            while (mass < p && last < count - 1) {
                mass += probabilities[Candidates.place(order[++last])];
            }
            float furthest = distances[Candidates.place(order[last])];
            candidates.keep(i -> distances[i] <= furthest);
        }
    }
}
