package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.BlockVectors.floats;
import static dev.cria.tensor.cpu.BlockVectors.halves;
import static dev.cria.tensor.cpu.BlockVectors.left;
import static dev.cria.tensor.cpu.BlockVectors.right;
import static dev.cria.tensor.cpu.BlockVectors.signed;
import static dev.cria.tensor.cpu.BlockVectors.unsigned;
import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.store;

import dev.cria.tensor.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Reading the formats of 32 elements by vectors; the layouts stand with the classes of {@link dev.cria.tensor.quant}. Every product of a scale
 * and a whole number is exact in float32, so the values are the scalar reference's to the bit.
 */
final class VectorBlocks {
    private static final int SIZE = 32;

    /** Elements 0 to 15 are low nibbles, 16 to 31 high ones. */
    private static final int HALF = 16;

    private VectorBlocks() {}

    /** Whether {@link #dequantise} reads a type here. */
    static boolean reads(DType dtype) {
        return BlockVectors.SUPPORTED && dtype.isQuantised();
    }

    /** Writes {@code count} elements, whole blocks, as float32. */
    static void dequantise(DType dtype, long from, long to, long count) {
        long blocks = count / dtype.blockSize();
        switch (dtype) {
            case Q8_0 -> q8(from, to, blocks);
            case Q4_0 -> q4(from, to, blocks, false);
            case Q4_1 -> q4(from, to, blocks, true);
            case Q5_0 -> q5(from, to, blocks, false);
            case Q5_1 -> q5(from, to, blocks, true);
            case Q4_K -> VectorSuperBlocks.q4(from, to, blocks);
            case Q5_K -> VectorSuperBlocks.q5(from, to, blocks);
            case Q6_K -> VectorSuperBlocks.q6(from, to, blocks);
            default -> throw new IllegalArgumentException(dtype + " has no blocks");
        }
    }

    private static void q8(long from, long to, long blocks) {
        for (long b = 0; b < blocks; b++) {
            FloatVector d = halves(from);
            for (int i = 0; i < SIZE; i += LANES) {
                store(floats(signed(from + 2 + i)).mul(d), to + i * Float.BYTES);
            }
            from += 34;
            to += SIZE * Float.BYTES;
        }
    }

    private static void q4(long from, long to, long blocks, boolean minimum) {
        int header = minimum ? 4 : 2;
        int zero = minimum ? 0 : 8;
        for (long b = 0; b < blocks; b++) {
            FloatVector d = halves(from);
            FloatVector m = minimum ? halves(from + 2) : FloatVector.zero(Vectors.SPECIES);
            for (int i = 0; i < HALF; i += LANES) {
                IntVector pair = unsigned(from + header + i);
                store(floats(pair.and(15).sub(zero)).fma(d, m), to + i * Float.BYTES);
                store(floats(right(pair, 4).sub(zero)).fma(d, m), to + (HALF + i) * Float.BYTES);
            }
            from += header + HALF;
            to += SIZE * Float.BYTES;
        }
    }

    private static void q5(long from, long to, long blocks, boolean minimum) {
        int header = minimum ? 8 : 6;
        int zero = minimum ? 0 : 16;
        IntVector lanes = IntVector.zero(BlockVectors.INTS).addIndex(1);
        for (long b = 0; b < blocks; b++) {
            FloatVector d = halves(from);
            FloatVector m = minimum ? halves(from + 2) : FloatVector.zero(Vectors.SPECIES);
            int fifths = Native.getInt(from + header - Integer.BYTES, 0);
            for (int i = 0; i < HALF; i += LANES) {
                IntVector pair = unsigned(from + header + i);
                IntVector low = fifth(fifths >>> i, lanes);
                IntVector high = fifth(fifths >>> HALF + i, lanes);
                store(floats(pair.and(15).or(low).sub(zero)).fma(d, m), to + i * Float.BYTES);
                store(floats(right(pair, 4).or(high).sub(zero)).fma(d, m), to + (HALF + i) * Float.BYTES);
            }
            from += header + HALF;
            to += SIZE * Float.BYTES;
        }
    }

    /** Lane i has bit i of {@code bits} as its bit 4. */
    private static IntVector fifth(int bits, IntVector lanes) {
        IntVector all = IntVector.broadcast(BlockVectors.INTS, bits);
        return left(all.lanewise(VectorOperators.LSHR, lanes).and(1), 4);
    }
}
