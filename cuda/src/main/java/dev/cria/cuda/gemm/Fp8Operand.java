package dev.cria.cuda.gemm;

/**
 * A factor of an FP8 product in device memory, its rows one after another, each along what the product sums over.
 *
 * @param type {@link MatrixType#E4M3} or {@link MatrixType#E5M2}
 * @param address of the numbers
 * @param scale address of the float that all of them are multiplied with
 */
public record Fp8Operand(MatrixType type, long address, long scale) {
    public Fp8Operand {
        if (!type.isFp8()) {
            throw new IllegalArgumentException("an FP8 operand of " + type);
        }
    }
}
