package dev.cria.eval.metric;

/**
 * Metrics of a multiple-choice question. Of equals, the first choice is taken.
 *
 * @param prediction the choice of the highest log-likelihood
 * @param normalized the same of log-likelihood per character
 * @param perByte the same of log-likelihood per byte
 */
public record ChoiceScore(int prediction, int normalized, int perByte) {
    /**
     * @param logLikelihoods [choices] natural logarithms, summed over each choice's tokens
     * @param lengths [choices] characters of each choice; a choice of none has -∞ a character
     * @param bytes [choices] bytes of each choice
     * @throws IllegalArgumentException where a log-likelihood is NaN: no choice can be made
     */
    public static ChoiceScore of(double[] logLikelihoods, int[] lengths, int[] bytes) {
        if (lengths.length != logLikelihoods.length || bytes.length != logLikelihoods.length) {
            throw new IllegalArgumentException(
                    logLikelihoods.length + " log-likelihoods for " + lengths.length + " choices");
        }
        double[] normalized = new double[logLikelihoods.length];
        double[] perByte = new double[logLikelihoods.length];
        for (int i = 0; i < logLikelihoods.length; i++) {
            if (Double.isNaN(logLikelihoods[i])) {
                throw new IllegalArgumentException("the log-likelihood of choice " + i + " is NaN");
            }
            normalized[i] = per(logLikelihoods[i], lengths[i]);
            perByte[i] = per(logLikelihoods[i], bytes[i]);
        }
        return new ChoiceScore(first(logLikelihoods), first(normalized), first(perByte));
    }

    private static double per(double sum, int length) {
        return length == 0 ? Double.NEGATIVE_INFINITY : sum / length;
    }

    private static int first(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            if (values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }
}
