package dev.cria.model;

/**
 * Bytes that a training run takes on the device, by kind; known before anything is allocated.
 *
 * @param parameters float32 weights
 * @param gradients as many
 * @param optimizer two Adam moments
 * @param activations working memory of the largest micro-batch, with rotary tables and one chunk of logits
 */
public record TrainingMemory(long parameters, long gradients, long optimizer, long activations) {
    /** The memory of a model trained with micro-batches of at most {@code maxBatch} x {@code maxTime} tokens. */
    public static TrainingMemory of(LlamaConfig config, int maxBatch, int maxTime) {
        long weights = 4 * ParameterSet.flatElements(config);
        long rope = 4L * maxTime * config.headDim();
        return new TrainingMemory(weights, weights, 2 * weights, Activations.bytes(config, maxBatch, maxTime) + rope);
    }

    public long total() {
        return parameters + gradients + optimizer + activations;
    }
}
