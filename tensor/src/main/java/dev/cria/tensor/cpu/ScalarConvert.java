package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.quant.BlockFormats;
import java.lang.foreign.Arena;

/** Reference conversion between element types: round to nearest even, or {@link BlockFormats}. */
final class ScalarConvert {
    /** Elements converted at a time where float32 lies between two types: a multiple of every block size. */
    private static final long CHUNK = 4096;

    private ScalarConvert() {}

    static void convert(long to, DType toType, long from, DType fromType, long count) {
        if (toType == fromType) {
            Native.copy(from, to, fromType.bytes(count));
            return;
        }
        if (toType.isQuantised() || fromType.isQuantised()) {
            convertBlocks(to, toType, from, fromType, count);
            return;
        }
        for (long i = 0; i < count; i++) {
            write(to, toType, i, read(from, fromType, i));
        }
    }

    /** {@code count} floats to the nearest F16, ties to even. */
    static void toHalves(long count, long from, long to) {
        convert(to, DType.F16, from, DType.F32, count);
    }

    /** From or to whole blocks; between types of which neither is float32, through a little float32 memory. */
    private static void convertBlocks(long to, DType toType, long from, DType fromType, long count) {
        if (fromType == DType.F32) {
            BlockFormats.of(toType).quantise(Native.MEMORY, from, Native.MEMORY, to, count);
        } else if (toType == DType.F32) {
            BlockFormats.of(fromType).dequantise(Native.MEMORY, from, Native.MEMORY, to, count);
        } else {
            try (Arena arena = Arena.ofConfined()) {
                long floats = arena.allocate(CHUNK * Float.BYTES, Float.BYTES).address();
                for (long i = 0; i < count; i += CHUNK) {
                    long size = Math.min(CHUNK, count - i);
                    convert(floats, DType.F32, from + fromType.bytes(i), fromType, size);
                    convert(to + toType.bytes(i), toType, floats, DType.F32, size);
                }
            }
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
