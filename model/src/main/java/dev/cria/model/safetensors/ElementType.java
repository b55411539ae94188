package dev.cria.model.safetensors;

import dev.cria.tensor.DType;
import java.util.Arrays;
import java.util.Optional;

/** The element types of the format, and which of them are tensors here. Sub-byte types are not read. */
public enum ElementType {
    BOOL(1),
    U8(1),
    I8(1),
    F8_E5M2(1),
    F8_E4M3(1),
    U16(2),
    I16(2),
    F16(2, DType.F16),
    BF16(2, DType.BF16),
    U32(4),
    I32(4, DType.I32),
    F32(4, DType.F32),
    U64(8),
    I64(8),
    F64(8);

    private final int bytes;
    private final Optional<DType> dtype;

    ElementType(int bytes) {
        this.bytes = bytes;
        this.dtype = Optional.empty();
    }

    ElementType(int bytes, DType dtype) {
        this.bytes = bytes;
        this.dtype = Optional.of(dtype);
    }

    /** Bytes of an element. */
    public int bytes() {
        return bytes;
    }

    /** The tensor type with the same bytes, if there is one. */
    public Optional<DType> dtype() {
        return dtype;
    }

    /** The type as the header spells it. */
    public static Optional<ElementType> named(String name) {
        return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }

    /** The type that stores a tensor type. */
    public static ElementType of(DType dtype) {
        return named(dtype.name()).orElseThrow(() -> new IllegalArgumentException(dtype + " is no safetensors type"));
    }
}
