package dev.cria.train.align;

/**
 * Losses over how much more a model has come to prefer one answer to another. With the log-probabilities log π of the model and log ρ of the
 * reference, summed over the tokens of an answer, h = (log π(chosen) − log ρ(chosen)) − (log π(rejected) − log ρ(rejected)); σ is the
 * logistic function.
 */
public enum PreferenceLoss {
    /**
     * DPO (Rafailov et al., arXiv 2305.18290, equation 7): −log σ(βh). With label smoothing ε, for preferences that are wrong with probability
     * ε: −(1−ε)·log σ(βh) − ε·log σ(−βh), known as conservative DPO.
     */
    SIGMOID {
        @Override
        double value(double h, double beta, double smoothing) {
            return (1 - smoothing) * softplus(-beta * h) + smoothing * softplus(beta * h);
        }

        @Override
        double slope(double h, double beta, double smoothing) {
            return beta * (1 / (1 + Math.exp(-beta * h)) - (1 - smoothing));
        }
    },
    /** IPO (Azar et al., arXiv 2310.12036): (h − 1/(2β))². It aims at a margin and does not push beyond it. */
    IPO {
        @Override
        double value(double h, double beta, double smoothing) {
            double off = h - 1 / (2 * beta);
            return off * off;
        }

        @Override
        double slope(double h, double beta, double smoothing) {
            return 2 * (h - 1 / (2 * beta));
        }
    },
    /** SLiC's hinge (Zhao et al., arXiv 2305.10425) on the margin: max(0, 1 − βh). */
    HINGE {
        @Override
        double value(double h, double beta, double smoothing) {
            return beta * h < 1 ? 1 - beta * h : beta * h >= 1 ? 0 : Double.NaN;
        }

        @Override
        double slope(double h, double beta, double smoothing) {
            return beta * h < 1 ? -beta : beta * h >= 1 ? 0 : Double.NaN;
        }
    };

    /**
     * The loss of a pair.
     *
     * @param h the margin, in nats
     * @param beta β, over 0
     * @param smoothing ε; only {@link #SIGMOID} knows it
     */
    abstract double value(double h, double beta, double smoothing);

    /** Its derivative by h. */
    abstract double slope(double h, double beta, double smoothing);

    /** log(1 + eˣ) = −log σ(−x), without overflow. */
    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
