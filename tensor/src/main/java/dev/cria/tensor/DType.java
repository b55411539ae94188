package dev.cria.tensor;

/**
 * An element type. Quantised types store blocks, laid out as ggml does ({@code ggml-common.h}); plain types are blocks of one element. A
 * row of a quantised matrix is a whole number of blocks.
 */
public enum DType {
    F32(1, 4),
    BF16(1, 2),
    F16(1, 2),
    I32(1, 4),
    /** 32 signed bytes and a scale. */
    Q8_0(32, 34),
    /** 32 times 4 bits and a scale. */
    Q4_0(32, 18),
    /** 32 times 4 bits, a scale and a minimum. */
    Q4_1(32, 20),
    /** 32 times 5 bits and a scale. */
    Q5_0(32, 22),
    /** 32 times 5 bits, a scale and a minimum. */
    Q5_1(32, 24),
    /** 256 times 4 bits in 8 groups with scales and minimums of 6 bits. */
    Q4_K(256, 144),
    /** 256 times 5 bits in 8 groups with scales and minimums of 6 bits. */
    Q5_K(256, 176),
    /** 256 times 6 bits in 16 groups with scales of 8 bits. */
    Q6_K(256, 210);

    private final int blockSize;
    private final int blockBytes;

    DType(int blockSize, int blockBytes) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /** Whether several elements share a block. */
    public boolean isQuantised() {
        return blockSize > 1;
    }

    /** Elements in a block. */
    public int blockSize() {
        return blockSize;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /**
     * Bytes of {@code elements} elements.
     *
     * @throws IllegalArgumentException if {@code elements} is negative or no multiple of the block size
     * @throws ArithmeticException if the bytes do not fit a long
     */
    public long bytes(long elements) {
        if (elements < 0 || elements % blockSize != 0) {
            throw new IllegalArgumentException(elements + " elements are no whole number of " + this + " blocks");
        }
        return Math.multiplyExact(elements / blockSize, (long) blockBytes);
    }
}
