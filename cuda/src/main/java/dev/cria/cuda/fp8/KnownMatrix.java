package dev.cria.cuda.fp8;

import dev.cria.cuda.gemm.MatrixType;
import dev.cria.cuda.memory.DeviceMemory;
import java.util.List;

/**
 * What is known of a bf16 matrix as long as nothing writes it.
 *
 * @param number of the entry: no two have the same
 * @param format that the scale is for
 * @param address of the bf16 numbers
 * @param bytes of them
 * @param rows of the matrix
 * @param scale address of two floats: the factor from bf16 to FP8, and {@link #INVERSE} bytes after it the one back
 * @param copies FP8 copies that are kept with it: none, or by rows and by columns
 */
record KnownMatrix(
        long number,
        MatrixType format,
        long address,
        long bytes,
        long rows,
        long scale,
        List<DeviceMemory.Block> copies) {
    /** Bytes from the factor to its inverse. */
    static final long INVERSE = 16;

    long end() {
        return address + bytes;
    }

    long inverse() {
        return scale + INVERSE;
    }
}
