package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;

/** Reference conversion between element types, round to nearest even. */
final class ScalarConvert {
    private ScalarConvert() {}

    static void convert(long to, DType toType, long from, DType fromType, long count) {
        if (toType == fromType) {
            Native.copy(from, to, fromType.bytes(count));
            return;
        }
        for (long i = 0; i < count; i++) {
            write(to, toType, i, read(from, fromType, i));
        }
    }

    private static float read(long from, DType type, long i) {
        return switch (type) {
            case F32 -> Native.getFloat(from, i);
            case BF16 -> fromBFloat16(Native.getShort(from, i));
            case F16 -> Float.float16ToFloat(Native.getShort(from, i));
            default -> throw new IllegalArgumentException("no single elements of " + type + " are read");
        };
    }

    private static void write(long to, DType type, long i, float value) {
        switch (type) {
            case F32 -> Native.setFloat(to, i, value);
            case BF16 -> Native.setShort(to, i, toBFloat16(value));
            case F16 -> Native.setShort(to, i, Float.floatToFloat16(value));
            default -> throw new IllegalArgumentException("no single elements of " + type + " are written");
        }
    }

    static float fromBFloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** The nearest bfloat16, ties to even; a NaN stays a (quiet) NaN. */
    static short toBFloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
