package dev.cria.model.gguf;

import java.util.Optional;

/** The types of metadata; their order is their number in the file. */
public enum GgufValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    /** A length of 8 bytes, then UTF-8. */
    STRING(0),
    /** A type of 4 bytes, a count of 8, then the elements. */
    ARRAY(0),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    private final int bytes;

    GgufValueType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes of a value, 0 where they vary. */
    public int bytes() {
        return bytes;
    }

    /** The type's number in a file. */
    public int code() {
        return ordinal();
    }

    /** Whether a value is a whole number. */
    public boolean isInteger() {
        return switch (this) {
            case UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64 -> true;
            case FLOAT32, FLOAT64, BOOL, STRING, ARRAY -> false;
        };
    }

    /** The type of a number. */
    public static Optional<GgufValueType> of(int code) {
        return code >= 0 && code < values().length ? Optional.of(values()[code]) : Optional.empty();
    }
}
