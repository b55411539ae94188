package dev.cria.tensor;

/** An element type. Quantised types store blocks; plain types are blocks of one element. */
public enum DType {
    F32(1, 4),
    BF16(1, 2),
    F16(1, 2),
    I32(1, 4);

    private final int blockSize;
    private final int blockBytes;

    DType(int blockSize, int blockBytes) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
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
