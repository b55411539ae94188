package dev.cria.tensor;

/**
 * One AdamW update (Loshchilov and Hutter, arXiv 1711.05101) with decoupled decay and bias correction.
 *
 * @param learningRate this step's rate
 * @param beta1 decay of the first moment
 * @param beta2 decay of the second moment
 * @param epsilon added to the root of the corrected second moment
 * @param weightDecay decoupled decay; 0 for parameters that do not decay
 * @param gradientScale factor on the gradient before use: clipping and averaging
 * @param step number of this update, from 1
 */
public record AdamWStep(
        float learningRate,
        float beta1,
        float beta2,
        float epsilon,
        float weightDecay,
        float gradientScale,
        long step) {}
