package dev.cria.tensor.quant;

import dev.cria.tensor.DType;
import java.lang.foreign.MemorySegment;

/** Blocks in Java arrays, for tests. */
final class Blocks {
    private Blocks() {}

    static byte[] quantise(DType dtype, float[] values) {
        byte[] blocks = new byte[(int) dtype.bytes(values.length)];
        BlockFormats.of(dtype)
                .quantise(MemorySegment.ofArray(values), 0, MemorySegment.ofArray(blocks), 0, values.length);
        return blocks;
    }

    static float[] dequantise(DType dtype, byte[] blocks) {
        float[] values = new float[blocks.length / dtype.blockBytes() * dtype.blockSize()];
        BlockFormats.of(dtype)
                .dequantise(MemorySegment.ofArray(blocks), 0, MemorySegment.ofArray(values), 0, values.length);
        return values;
    }

    static float[] roundTrip(DType dtype, float[] values) {
        return dequantise(dtype, quantise(dtype, values));
    }

    /** Root mean square of what quantising changes. */
    static double error(DType dtype, float[] values) {
        float[] after = roundTrip(dtype, values);
        double squares = 0;
        for (int i = 0; i < values.length; i++) {
            squares += Math.pow((double) after[i] - values[i], 2);
        }
        return Math.sqrt(squares / values.length);
    }
}
