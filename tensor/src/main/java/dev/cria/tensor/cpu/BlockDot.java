package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import java.util.Optional;

/**
 * Dot products of stored rows of weights with float32 inputs, read straight from their blocks. Each method takes the same steps in the same
 * order for every pair of a row and an input, so the bits do not depend on which of them made a result.
 *
 * <p>These methods must stay too large to be inlined (325 bytecodes) and too small for C2 to run out of nodes: inlined into their callers, or
 * grown by a few vectors, they are left with vectors in objects and run at a thirtieth of the speed. That is why sums leave them as vectors.
 */
interface BlockDot {
    /** Floats that {@link #prepare} writes for one input of {@code I} elements. */
    int preparedFloats(int I);

    /** Computes from an input what all rows need of it. */
    void prepare(long x, int I, long prepared);

    /** Floats that {@link #unpack} writes for one row of {@code I} weights. */
    int factorFloats(int I);

    /**
     * Turns packed factors of two rows, {@code apart} bytes from each other, into floats that {@code twoRows} and {@code fourInputs} then read;
     * those of the second row follow those of the first.
     */
    void unpack(long w, long apart, int I, long factors);

    /**
     * Two rows times one input. Rows are {@code apart} bytes from each other; their factors follow one another.
     *
     * @param sums gets two vectors, whose lanes sum up to the results
     */
    void twoRows(long w, long apart, long factors, long x, long prepared, int I, long sums);

    /**
     * One row times four inputs; the inputs and what was prepared of them lie {@code xRow} and {@code preparedRow} bytes apart.
     *
     * @param sums gets four vectors, whose lanes sum up to the results
     */
    void fourInputs(long w, long factors, long x, long xRow, long prepared, long preparedRow, int I, long sums);

    /** The kernels for a type; empty where its rows are better widened first. */
    static Optional<BlockDot> of(DType dtype) {
        if (!BlockVectors.SUPPORTED) {
            return Optional.empty();
        }
        return switch (dtype) {
            case Q4_0 -> Optional.of(new Q4_0Dot());
            case Q8_0 -> Optional.of(new Q8_0Dot());
            case Q4_K -> Optional.of(new Q4_KDot());
            default -> Optional.empty();
        };
    }
}
