package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.gguf.GgufMetadata;
import dev.cria.model.gguf.GgufValue;
import dev.cria.model.gguf.GgufWriter;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Scaling of rotary frequencies in GGUF files. Most of it is metadata; Llama 3.1's is a tensor, {@code rope_freqs.weight}, of what each frequency
 * is divided by, without the numbers it was made from. They are found again where they are those of a published model, or stand in the
 * keys that Cria adds.
 */
public final class GgufRope {
    private static final String KEYS = "cria.rope.llama3.";
    private static final String LOW = KEYS + "low_freq_factor";
    private static final String HIGH = KEYS + "high_freq_factor";
    private static final String FACTOR = KEYS + "factor";
    private static final String CONTEXT = KEYS + "original_context_length";

    private GgufRope() {}

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

    /** Puts what metadata say of a scaling into a file that is written; see {@link #divisors} for the rest. */
    public static void putScaling(GgufWriter writer, RopeScaling scaling) {
        switch (scaling) {
            case RopeScaling.Linear linear ->
                writer.put("llama.rope.scaling.type", GgufValue.string("linear"))
                        .put("llama.rope.scaling.factor", GgufValue.float32(linear.factor()));
            case RopeScaling.Llama3 llama3 ->
                writer.put(FACTOR, GgufValue.float32(llama3.factor()))
                        .put(LOW, GgufValue.float32(llama3.lowFrequencyFactor()))
                        .put(HIGH, GgufValue.float32(llama3.highFrequencyFactor()))
                        .put(CONTEXT, GgufValue.uint32(llama3.originalContext()));
            case RopeScaling.None none -> {}
            case RopeScaling.Divisors divisors -> {}
        }
    }

    /** The values of the tensor {@code rope_freqs.weight}, if a configuration needs one. */
    public static Optional<float[]> divisors(LlamaConfig config) {
        return switch (config.ropeScaling()) {
            case RopeScaling.Llama3 llama3 -> Optional.of(llama3(llama3, config.headDim(), config.ropeTheta()));
            case RopeScaling.Divisors divisors -> {
                float[] values = new float[divisors.values().size()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = divisors.values().get(i);
                }
                yield Optional.of(values);
            }
            case RopeScaling.None none -> Optional.empty();
            case RopeScaling.Linear linear -> Optional.empty();
        };
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
