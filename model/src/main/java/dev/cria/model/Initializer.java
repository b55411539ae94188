package dev.cria.model;

import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;

/**
 * TinyLlama's initialisation: matrices are normal with standard deviation √(2/(5·D)); attention output and feed-forward down projections
 * with 1/(√D·layers); norm weights are 1.
 *
 * <p>Each number is a function of (seed, parameter name, index) and nothing else: neither threads nor the order of calls change it, and
 * only exact or strictly defined arithmetic is used, so that every machine draws the same.
 */
public final class Initializer {
    private static final int CHUNK = 1 << 14;
    private static final int BUFFER = 1 << 20;

    private Initializer() {}

    /** Fills parameters on a device. */
    public static void tinyLlama(ParameterSet parameters, long seed, Device device) {
        LlamaConfig config = parameters.config();
        double usual = Math.sqrt(2.0 / (5.0 * config.hiddenSize()));
        double output = 1.0 / (Math.sqrt(config.hiddenSize()) * config.numHiddenLayers());
        for (String name : parameters.names()) {
            Tensor tensor = parameters.tensor(name);
            if (parameters.isMatrix(name)) {
                boolean writesResidual = name.endsWith("o_proj.weight") || name.endsWith("down_proj.weight");
                normal(tensor, writesResidual ? output : usual, CounterRandom.stream(seed, name), device);
            } else {
                device.kernels().fill(tensor, 1);
            }
        }
    }

    /** Threads fill an array, the caller copies it: a tensor's memory may belong to the calling thread alone. */
    private static void normal(Tensor tensor, double standardDeviation, long stream, Device device) {
        long elements = tensor.elements();
        float[] values = new float[(int) Math.min(elements, BUFFER)];
        for (long from = 0; from < elements; from += values.length) {
            long first = from;
            int count = (int) Math.min(values.length, elements - from);
            IntStream.range(0, (count + CHUNK - 1) / CHUNK).parallel().forEach(chunk -> {
                int end = Math.min(count, (chunk + 1) * CHUNK);
                for (int i = chunk * CHUNK; i < end; i++) {
                    values[i] = (float) (standardDeviation * CounterRandom.normal(stream, first + i));
                }
            });
            Tensor part = tensor.reshape(elements).rows(first, first + count);
            device.upload(MemorySegment.ofArray(values).asSlice(0, part.byteSize()), part);
        }
    }
}
