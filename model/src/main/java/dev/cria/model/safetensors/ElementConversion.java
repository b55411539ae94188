package dev.cria.model.safetensors;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Copies a stretch of a tensor into a buffer, converting float32 to the 16-bit types with rounding to nearest even. */
final class ElementConversion {
    private static final ValueLayout.OfFloat FLOAT =
            ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private ElementConversion() {}

    /** Puts as many elements from {@code first} on as fit the buffer; returns how many. */
    static long fill(ByteBuffer buffer, Tensor tensor, long first, DType storedAs) {
        long count = Math.min(
                tensor.elements() - first, buffer.remaining() / storedAs.blockBytes() * (long) storedAs.blockSize());
        MemorySegment to = MemorySegment.ofBuffer(buffer);
        MemorySegment from = tensor.data();
        if (storedAs == tensor.dtype()) {
            MemorySegment.copy(from, storedAs.bytes(first), to, 0, storedAs.bytes(count));
        } else {
            boolean bf16 = storedAs == DType.BF16;
            for (long i = 0; i < count; i++) {
                float value = from.get(FLOAT, (first + i) * 4);
                to.set(SHORT, i * 2, bf16 ? bfloat16(value) : Float.floatToFloat16(value));
            }
        }
        buffer.position(buffer.position() + Math.toIntExact(storedAs.bytes(count)));
        return count;
    }

    /** The upper half of the float, rounded to nearest even; a NaN stays a NaN. */
    static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) ((bits >>> 16) | 0x40);
        }
        return (short) ((bits + 0x7FFF + ((bits >>> 16) & 1)) >>> 16);
    }
}
