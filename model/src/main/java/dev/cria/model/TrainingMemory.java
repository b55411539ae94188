package dev.cria.model;

import dev.cria.tensor.DType;

/**
 * Bytes that a training run takes on the device, by kind; known before anything is allocated.
 *
 * @param base weights that do not learn, as they are stored; 0 where all learn
 * @param parameters float32 weights that learn
 * @param rounded their bf16 copy; 0 where activations are float32
 * @param gradients as many as the parameters
 * @param optimizer two Adam moments
 * @param activations working memory of the largest micro-batch, with rotary tables and one chunk of logits
 */
public record TrainingMemory(
        long base, long parameters, long rounded, long gradients, long optimizer, long activations) {
    /** The memory of a model trained on a device of float32 activations, with all kept for the backward pass. */
    public static TrainingMemory of(LlamaConfig config, int maxBatch, int maxTime) {
        return of(config, Capacity.of(maxBatch, maxTime), DType.F32);
    }

    /**
     * The memory of a model all of whose weights learn.
     *
     * @param type of the device's activations
     */
    public static TrainingMemory of(LlamaConfig config, Capacity capacity, DType type) {
        return of(0, ParameterSet.flatElements(config), config, capacity, type, 0);
    }

    /**
     * The memory of a model of which some numbers learn.
     *
     * @param base bytes of weights that do not
     * @param elements numbers that learn
     * @param scratch bytes of working memory beside the activations
     */
    public static TrainingMemory of(
            long base, long elements, LlamaConfig config, Capacity capacity, DType type, long scratch) {
        long rope = 4L * capacity.maxTime() * config.headDim();
        return new TrainingMemory(
                base,
                4 * elements,
                RoundedCopy.bytes(type, elements),
                4 * elements,
                8 * elements,
                Activations.bytes(config, capacity, type) + rope + scratch);
    }

    /**
     * The same on a device that multiplies in 8 bits: it keeps two layouts of each layer's weights, and one of the inputs and two of the output
     * gradients of the layer at hand.
     */
    public TrainingMemory withNarrowOperands(LlamaConfig config, Capacity capacity) {
        long outside = (config.tieWordEmbeddings() ? 1L : 2L) * config.vocabSize() * config.hiddenSize();
        long weights = 2 * (parameters / 4 - outside);
        long widest = Math.max(config.hiddenSize(), config.intermediateSize());
        long operands =
                capacity.tokens() * (widest + 2 * Math.max(config.hiddenSize(), 2L * config.intermediateSize()));
        return new TrainingMemory(base, parameters, rounded, gradients, optimizer, activations + weights + operands);
    }

    public long total() {
        return base + parameters + rounded + gradients + optimizer + activations;
    }
}
