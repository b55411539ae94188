package dev.cria.model;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;

/**
 * Cosines and sines of rotary position embedding (arXiv 2104.09864), [P, E/2].
 *
 * <p>Frequencies and angles are rounded to float32 where transformers rounds them: at position 2000 the angle's rounding alone is 1e-4, so
 * tables in double precision would be further from a model's training than these. Cosine and sine themselves are correctly rounded.
 *
 * @param cos row p: cos(p·frequency[e]) for e in 0..E/2-1
 * @param sin likewise
 */
record RopeTables(Tensor cos, Tensor sin) {
    /** Tables for positions 0..positions-1. */
    static RopeTables create(Device device, Workspace workspace, LlamaConfig config, int positions) {
        float[] frequencies = inverseFrequencies(config);
        int half = frequencies.length;
        float[] cos = new float[Math.multiplyExact(positions, half)];
        float[] sin = new float[cos.length];
        for (int p = 0; p < positions; p++) {
            for (int e = 0; e < half; e++) {
                float angle = p * frequencies[e];
                cos[p * half + e] = (float) StrictMath.cos(angle);
                sin[p * half + e] = (float) StrictMath.sin(angle);
            }
        }
        RopeTables tables = new RopeTables(
                workspace.allocate(DType.F32, positions, half), workspace.allocate(DType.F32, positions, half));
        device.upload(MemorySegment.ofArray(cos), tables.cos);
        device.upload(MemorySegment.ofArray(sin), tables.sin);
        return tables;
    }

    /** θ^(-2e/E) for e in 0..E/2-1, scaled as the configuration says. */
    static float[] inverseFrequencies(LlamaConfig config) {
        int half = config.headDim() / 2;
        float[] frequencies = new float[half];
        for (int e = 0; e < half; e++) {
            float exponent = (float) (2 * e) / config.headDim();
            float base = (float) StrictMath.pow(config.ropeTheta(), exponent);
            frequencies[e] = scaled(1f / base, e, config.ropeScaling());
        }
        return frequencies;
    }

    private static float scaled(float frequency, int e, RopeScaling scaling) {
        return switch (scaling) {
            case RopeScaling.None none -> frequency;
            case RopeScaling.Linear linear -> frequency / (float) linear.factor();
            case RopeScaling.Llama3 llama3 -> llama3(frequency, llama3);
            case RopeScaling.Divisors divisors -> frequency / divisors.values().get(e);
        };
    }

    /** Long wavelengths are divided by the factor, short ones kept, those between interpolated. */
    private static float llama3(float frequency, RopeScaling.Llama3 scaling) {
        double wavelength = 2 * Math.PI / frequency;
        double original = scaling.originalContext();
        if (wavelength < original / scaling.highFrequencyFactor()) {
            return frequency;
        }
        if (wavelength > original / scaling.lowFrequencyFactor()) {
            return (float) (frequency / scaling.factor());
        }
        double keep = (original / wavelength - scaling.lowFrequencyFactor())
                / (scaling.highFrequencyFactor() - scaling.lowFrequencyFactor());
        return (float) ((1 - keep) * frequency / scaling.factor() + keep * frequency);
    }
}
