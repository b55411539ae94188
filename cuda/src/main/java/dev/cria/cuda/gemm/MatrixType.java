package dev.cria.cuda.gemm;

import dev.cria.tensor.DType;

/**
 * What the numbers of a product's matrices are. The two of 8 bits are those of the Open Compute Project (OFP8, 2023), which "FP8 Formats for Deep
 * Learning" (arXiv 2209.05433) proposes for training: E4M3 for weights and activations, E5M2 for gradients.
 */
public enum MatrixType {
    F32(CublasLt.R_32F, Float.BYTES),
    BF16(CublasLt.R_16BF, Short.BYTES),
    /** 4 bits of exponent, 3 of mantissa, up to 448. */
    E4M3(CublasLt.R_8F_E4M3, Byte.BYTES),
    /** 5 bits of exponent, 2 of mantissa, up to 57344. */
    E5M2(CublasLt.R_8F_E5M2, Byte.BYTES);

    private final int number;
    private final int bytes;

    MatrixType(int number, int bytes) {
        this.number = number;
        this.bytes = bytes;
    }

    static MatrixType of(DType dtype) {
        return switch (dtype) {
            case F32 -> F32;
            case BF16 -> BF16;
            default -> throw new IllegalArgumentException("products of " + dtype);
        };
    }

    /** NVIDIA's number of it, {@code cudaDataType}. */
    int number() {
        return number;
    }

    long bytes(long elements) {
        return elements * bytes;
    }

    boolean isFp8() {
        return this == E4M3 || this == E5M2;
    }
}
