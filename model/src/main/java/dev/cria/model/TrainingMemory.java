package dev.cria.model;

/**
 * Bytes that a training run takes on the device, by kind; known before anything is allocated.
 *
 * @param base weights that do not learn, as they are stored; 0 where all learn
 * @param parameters float32 weights that learn
 * @param gradients as many
 * @param optimizer two Adam moments
 * @param activations working memory of the largest micro-batch, with rotary tables and one chunk of logits
 */
public record TrainingMemory(long base, long parameters, long gradients, long optimizer, long activations) {
    /** The memory of a model trained with micro-batches of at most {@code maxBatch} x {@code maxTime} tokens. */
    public static TrainingMemory of(LlamaConfig config, int maxBatch, int maxTime) {
        long weights = 4 * ParameterSet.flatElements(config);
        return new TrainingMemory(0, weights, weights, 2 * weights, activations(config, maxBatch, maxTime));
    }

    /** Bytes of working memory for micro-batches of at most {@code maxBatch} x {@code maxTime} tokens. */
    public static long activations(LlamaConfig config, int maxBatch, int maxTime) {
        return Activations.bytes(config, maxBatch, maxTime) + 4L * maxTime * config.headDim();
    }

    public long total() {
        return base + parameters + gradients + optimizer + activations;
    }
}
