package dev.cria.model;

import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.DType;

/**
 * How a sequence is computed.
 *
 * @param contextLength most tokens it can hold
 * @param cache how keys and values are kept
 * @param arithmetic how linear layers take their inputs in
 */
public record SessionOptions(int contextLength, CacheType cache, Arithmetic arithmetic) {
    /** Models below this many bytes run exactly: rounding would cost them most and gain them nothing. */
    private static final long SMALL_MODEL = 64L << 20;

    /** The reference's numbers: float32 everywhere but in the weights as stored. What scores and logits are computed with. */
    public static SessionOptions exact(int contextLength) {
        return new SessionOptions(contextLength, CacheType.F32, Arithmetic.EXACT);
    }

    /**
     * What text is generated with: {@link #exact} for float32 weights and for small models, else inputs may be rounded and the cache is F16, as
     * in llama.cpp. It depends on the model alone, so that a longer context does not change a text.
     */
    public static SessionOptions automatic(LlamaModel model, int contextLength) {
        boolean exact =
                model.weights().commonType() == DType.F32 || model.weights().bytes() < SMALL_MODEL;
        return exact ? exact(contextLength) : new SessionOptions(contextLength, CacheType.F16, Arithmetic.FAST);
    }

    public SessionOptions withCache(CacheType value) {
        return new SessionOptions(contextLength, value, arithmetic);
    }

    public SessionOptions withArithmetic(Arithmetic value) {
        return new SessionOptions(contextLength, cache, value);
    }
}
