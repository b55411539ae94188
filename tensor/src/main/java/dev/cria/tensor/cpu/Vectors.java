package dev.cria.tensor.cpu;

import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/** Float vectors of this machine's preferred width in native memory. */
final class Vectors {
    static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

    /** Floats in a vector. */
    static final int LANES = SPECIES.length();

    /** Bytes in a vector. */
    static final int BYTES = LANES * Float.BYTES;

    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;

    private Vectors() {}

    static FloatVector load(long address) {
        return FloatVector.fromMemorySegment(SPECIES, Native.MEMORY, address, ORDER);
    }

    static FloatVector load(long address, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(SPECIES, Native.MEMORY, address, ORDER, mask);
    }

    static void store(FloatVector vector, long address) {
        vector.intoMemorySegment(Native.MEMORY, address, ORDER);
    }

    static void store(FloatVector vector, long address, VectorMask<Float> mask) {
        vector.intoMemorySegment(Native.MEMORY, address, ORDER, mask);
    }

    static FloatVector splat(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    /** Bytes of the whole vectors in {@code count} floats. */
    static long wholeBytes(long count) {
        return (count & -LANES) * Float.BYTES;
    }

    /** The first {@code count} lanes; all of them where there are fewer. */
    static VectorMask<Float> first(long count) {
        return SPECIES.indexInRange(0, count);
    }
}
