package dev.cria.tensor.quant;

import dev.cria.tensor.DType;
import java.lang.foreign.MemorySegment;

/**
 * A quantised element type: reading its blocks as float32 and writing float32 as blocks. Implementations have no state and may be used by
 * several threads. Offsets are in bytes; memory is little-endian and needs no alignment.
 */
public interface BlockFormat {
    /** The type whose blocks these are. */
    DType dtype();

    /**
     * Reads blocks as float32. Every value is exactly what ggml gives.
     *
     * @param elements a multiple of the block size
     * @throws IllegalArgumentException if {@code elements} is no multiple of the block size
     * @throws IndexOutOfBoundsException if the elements reach beyond a segment
     */
    void dequantise(MemorySegment blocks, long blockOffset, MemorySegment floats, long floatOffset, long elements);

    /**
     * Writes float32 as blocks.
     *
     * @param elements a multiple of the block size
     * @throws dev.cria.base.UserError if a value is NaN or infinite, or too large for the format; blocks before it may have been written
     * @throws IllegalArgumentException if {@code elements} is no multiple of the block size
     * @throws IndexOutOfBoundsException if the elements reach beyond a segment
     */
    void quantise(MemorySegment floats, long floatOffset, MemorySegment blocks, long blockOffset, long elements);
}
