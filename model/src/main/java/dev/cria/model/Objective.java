package dev.cria.model;

/**
 * A loss that is a function of a whole micro-batch's log-likelihoods, not a sum over its tokens: one that compares sequences with each other,
 * for instance. The model computes the likelihoods, asks here, and learns by the chain rule.
 */
@FunctionalInterface
public interface Objective {
    /**
     * The loss, and how it changes with each token's likelihood.
     *
     * @param nll negative log-likelihood of each token's target in nats, [N]; 0 where the target is ignored
     * @param factors ∂loss/∂nll, [N]; all zero when called
     * @return the loss; not finite if the model diverged
     */
    double differentiate(float[] nll, float[] factors);
}
