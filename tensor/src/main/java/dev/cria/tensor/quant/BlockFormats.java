package dev.cria.tensor.quant;

import dev.cria.tensor.DType;

/** Finds the format of a quantised type. */
public final class BlockFormats {
    private static final BlockFormat Q8_0 = new Q8_0();
    private static final BlockFormat Q4_0 = new Q4_0();
    private static final BlockFormat Q4_1 = new Q4_1();
    private static final BlockFormat Q5_0 = new Q5_0();
    private static final BlockFormat Q5_1 = new Q5_1();
    private static final BlockFormat Q4_K = new Q4_K();
    private static final BlockFormat Q5_K = new Q5_K();
    private static final BlockFormat Q6_K = new Q6_K();

    private BlockFormats() {}

    /** @throws IllegalArgumentException if {@code dtype} is not quantised */
    public static BlockFormat of(DType dtype) {
        return switch (dtype) {
            case Q8_0 -> Q8_0;
            case Q4_0 -> Q4_0;
            case Q4_1 -> Q4_1;
            case Q5_0 -> Q5_0;
            case Q5_1 -> Q5_1;
            case Q4_K -> Q4_K;
            case Q5_K -> Q5_K;
            case Q6_K -> Q6_K;
            case F32, BF16, F16, I32 -> throw new IllegalArgumentException(dtype + " is not stored in blocks");
        };
    }
}
