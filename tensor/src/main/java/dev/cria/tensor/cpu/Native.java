package dev.cria.tensor.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reading and writing native memory by address, little-endian and unaligned. Nothing is checked here: a wrong address ends the process, so
 * only kernels whose arguments were checked may use it.
 */
final class Native {
    /** All of the address space as one segment: what the Vector API loads from and stores to, with an address as the offset. */
    static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private Native() {}

    static float getFloat(long address) {
        return MEMORY.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address);
    }

    static void setFloat(long address, float value) {
        MEMORY.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address, value);
    }

    /** Element {@code i} of the floats at {@code base}. */
    static float getFloat(long base, long i) {
        return getFloat(base + i * Float.BYTES);
    }

    /** Sets element {@code i} of the floats at {@code base}. */
    static void setFloat(long base, long i, float value) {
        setFloat(base + i * Float.BYTES, value);
    }

    static double getDouble(long address) {
        return MEMORY.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, address);
    }

    static byte getByte(long address) {
        return MEMORY.get(ValueLayout.JAVA_BYTE, address);
    }

    /** Element {@code i} of the ints at {@code base}. */
    static int getInt(long base, long i) {
        return MEMORY.get(ValueLayout.JAVA_INT_UNALIGNED, base + i * Integer.BYTES);
    }

    static void setInt(long base, long i, int value) {
        MEMORY.set(ValueLayout.JAVA_INT_UNALIGNED, base + i * Integer.BYTES, value);
    }

    /** Element {@code i} of the 16-bit values at {@code base}. */
    static short getShort(long base, long i) {
        return MEMORY.get(ValueLayout.JAVA_SHORT_UNALIGNED, base + i * Short.BYTES);
    }

    /** Sets element {@code i} of the 16-bit values at {@code base}. */
    static void setShort(long base, long i, short value) {
        MEMORY.set(ValueLayout.JAVA_SHORT_UNALIGNED, base + i * Short.BYTES, value);
    }

    static void setLong(long address, long value) {
        MEMORY.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }

    /** Copies {@code bytes} bytes; the ranges must not overlap unless they are the same. */
    static void copy(long from, long to, long bytes) {
        MemorySegment.copy(MEMORY, from, MEMORY, to, bytes);
    }

    /** Sets {@code bytes} bytes to zero. */
    static void zero(long address, long bytes) {
        MEMORY.asSlice(address, bytes).fill((byte) 0);
    }
}
