package dev.cria.cuda.kernels;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;

/** Numbers by which kernels are told element types. */
final class Formats {
    /** Elements of blocks that a thread reads at once: OCTET of {@code formats.cuh}. */
    static final int OCTET = 8;

    private Formats() {}

    /** Of F32, BF16 and F16. */
    static int plain(DType dtype) {
        return switch (dtype) {
            case F32 -> 0;
            case BF16 -> 1;
            case F16 -> 2;
            default -> throw new IllegalArgumentException("elements of " + dtype + " are no floating-point numbers");
        };
    }

    /**
     * Of the types in blocks.
     *
     * @throws IllegalArgumentException if the blocks do not lie where kernels can read them: at a multiple of 4 where their size is one, else of 2
     */
    static int quantised(Tensor blocks) {
        DType dtype = blocks.dtype();
        int alignment = dtype.blockBytes() % Integer.BYTES == 0 ? Integer.BYTES : Short.BYTES;
        if (blocks.data().address() % alignment != 0) {
            throw new IllegalArgumentException(blocks + " is not aligned to " + alignment + " bytes");
        }
        return switch (dtype) {
            case Q8_0 -> 0;
            case Q4_0 -> 1;
            case Q4_1 -> 2;
            case Q5_0 -> 3;
            case Q5_1 -> 4;
            case Q4_K -> 5;
            case Q5_K -> 6;
            case Q6_K -> 7;
            case F32, BF16, F16, I32 -> throw new IllegalArgumentException(dtype + " is not stored in blocks");
        };
    }
}
