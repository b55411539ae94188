package dev.cria.tensor;

/**
 * What one AdamW update multiplies with, computed once in double precision for all elements.
 *
 * @param newGradient 1 − β₁
 * @param newSquare 1 − β₂
 * @param inverseRootCorrection 1/√(1 − β₂ᵗ)
 * @param stepSize lr/(1 − β₁ᵗ)
 * @param decay 1 − lr·weightDecay
 */
public record AdamWFactors(
        float newGradient, float newSquare, float inverseRootCorrection, float stepSize, float decay) {
    /** Those of one update. */
    public static AdamWFactors of(AdamWStep step) {
        return new AdamWFactors(
                (float) (1 - (double) step.beta1()),
                (float) (1 - (double) step.beta2()),
                (float) (1 / Math.sqrt(1 - Math.pow(step.beta2(), step.step()))),
                (float) (step.learningRate() / (1 - Math.pow(step.beta1(), step.step()))),
                (float) (1 - (double) step.learningRate() * step.weightDecay()));
    }
}
