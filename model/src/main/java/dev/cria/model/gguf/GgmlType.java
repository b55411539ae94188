package dev.cria.model.gguf;

import dev.cria.tensor.DType;
import java.util.Arrays;
import java.util.Optional;

/** The tensor types that ggml's files may hold, with their block sizes; those with a {@link DType} can be computed with here. */
public enum GgmlType {
    F32(0, DType.F32),
    F16(1, DType.F16),
    Q4_0(2, DType.Q4_0),
    Q4_1(3, DType.Q4_1),
    Q5_0(6, DType.Q5_0),
    Q5_1(7, DType.Q5_1),
    Q8_0(8, DType.Q8_0),
    Q8_1(9, 32, 36),
    Q2_K(10, 256, 84),
    Q3_K(11, 256, 110),
    Q4_K(12, DType.Q4_K),
    Q5_K(13, DType.Q5_K),
    Q6_K(14, DType.Q6_K),
    Q8_K(15, 256, 292),
    IQ2_XXS(16, 256, 66),
    IQ2_XS(17, 256, 74),
    IQ3_XXS(18, 256, 98),
    IQ1_S(19, 256, 50),
    IQ4_NL(20, 32, 18),
    IQ3_S(21, 256, 110),
    IQ2_S(22, 256, 82),
    IQ4_XS(23, 256, 136),
    I8(24, 1, 1),
    I16(25, 1, 2),
    I32(26, DType.I32),
    I64(27, 1, 8),
    F64(28, 1, 8),
    IQ1_M(29, 256, 56),
    BF16(30, DType.BF16),
    TQ1_0(34, 256, 54),
    TQ2_0(35, 256, 66),
    MXFP4(39, 32, 17);

    private final int code;
    private final int blockSize;
    private final int blockBytes;
    private final Optional<DType> dtype;

    GgmlType(int code, int blockSize, int blockBytes) {
        this.code = code;
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
        this.dtype = Optional.empty();
    }

    GgmlType(int code, DType dtype) {
        this.code = code;
        this.blockSize = dtype.blockSize();
        this.blockBytes = dtype.blockBytes();
        this.dtype = Optional.of(dtype);
    }

    /** The type's number in a file. */
    public int code() {
        return code;
    }

    /** Elements in a block; a row is a whole number of blocks. */
    public int blockSize() {
        return blockSize;
    }

    /** Bytes of a block. */
    public int blockBytes() {
        return blockBytes;
    }

    /** The same type among those that kernels know. */
    public Optional<DType> dtype() {
        return dtype;
    }

    /** The type of a number. */
    public static Optional<GgmlType> of(int code) {
        return Arrays.stream(values()).filter(type -> type.code == code).findFirst();
    }

    /** The type that stores a tensor type. */
    public static GgmlType of(DType dtype) {
        return Arrays.stream(values())
                .filter(type -> type.dtype.equals(Optional.of(dtype)))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("GGUF has no " + dtype));
    }
}
