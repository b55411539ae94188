package dev.cria.model.gguf;

import dev.cria.base.UserError;
import dev.cria.model.RopeScaling;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The tensor {@code rope_freqs.weight}: what each rotary frequency is divided by. Llama 3.1's scaling is stored that way, without the numbers
 * it was made from; they are found again where they are those of a published model, or stand in the keys that Cria adds.
 */
final class RopeDivisors {
    static final String KEYS = "cria.rope.llama3.";
    static final String LOW = KEYS + "low_freq_factor";
    static final String HIGH = KEYS + "high_freq_factor";
    static final String FACTOR = KEYS + "factor";
    static final String CONTEXT = KEYS + "original_context_length";

    private RopeDivisors() {}

    /** The scaling that a file's divisors stand for. */
    static RopeScaling read(GgufFile file, int headDim, double theta) {
        Tensor tensor = file.tensor(GgufNames.ROPE_DIVISORS);
        if (tensor.dtype() != DType.F32 || tensor.rank() != 1 || tensor.dim(0) * 2 != headDim) {
            throw new UserError(
                    file.path() + ": tensor '" + GgufNames.ROPE_DIVISORS + "' is " + tensor + "; F32[" + headDim / 2
                            + "] belongs there",
                    "convert the model again with a current converter");
        }
        float[] divisors = tensor.toFloats();
        GgufMetadata metadata = file.metadata();
        RopeScaling.Llama3 named = new RopeScaling.Llama3(
                metadata.number(FACTOR).orElse((double) divisors[divisors.length - 1]),
                metadata.number(LOW).orElse(1.0),
                metadata.number(HIGH).orElse(4.0),
                (int) Math.min(Integer.MAX_VALUE, metadata.integer(CONTEXT).orElse(8192)));
        if (matches(divisors, llama3(named, headDim, theta))) {
            return named;
        }
        List<Float> list = new ArrayList<>();
        for (float divisor : divisors) {
            list.add(divisor);
        }
        return new RopeScaling.Divisors(list);
    }

    /** Divisors of Llama 3.1's scaling: 1 for short waves, the factor for long ones, blended between. */
    static float[] llama3(RopeScaling.Llama3 scaling, int headDim, double theta) {
        float[] divisors = new float[headDim / 2];
        double original = scaling.originalContext();
        for (int e = 0; e < divisors.length; e++) {
            double wavelength = 2 * Math.PI * Math.pow(theta, 2.0 * e / headDim);
            double keep = (original / wavelength - scaling.lowFrequencyFactor())
                    / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
            double kept = Math.clamp(keep, 0, 1);
            divisors[e] = (float) (1 / ((1 - kept) / scaling.factor() + kept));
        }
        return divisors;
    }

    private static boolean matches(float[] found, float[] expected) {
        for (int i = 0; i < found.length; i++) {
            if (!(Math.abs(found[i] - expected[i]) <= 1e-5 * Math.abs(expected[i]))) {
                return false;
            }
        }
        return true;
    }
}
