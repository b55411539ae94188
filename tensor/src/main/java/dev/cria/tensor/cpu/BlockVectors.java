package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** What reading quantised blocks by vectors is made of. The kernels that use it need vectors of 256 or 512 bits. */
final class BlockVectors {
    /** Whether a vector's worth of bytes, one for each float lane, is itself a vector. */
    static final boolean SUPPORTED = LANES == 8 || LANES == 16;

    static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Vectors.SPECIES.vectorShape());

    /** As many bytes as there are float lanes. */
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, SUPPORTED ? VectorShape.forBitSize(LANES * Byte.SIZE) : VectorShape.S_64_BIT);

    /** Every float16 as float32: a broadcast from here costs a load, a conversion would occupy the shuffle unit three times. */
    private static final float[] HALVES = new float[1 << Short.SIZE];

    static {
        for (int bits = 0; bits < HALVES.length; bits++) {
            HALVES[bits] = Float.float16ToFloat((short) bits);
        }
    }

    private BlockVectors() {}

    static float half(long address) {
        return HALVES[Native.MEMORY.get(ValueLayout.JAVA_SHORT_UNALIGNED, address) & 0xffff];
    }

    /** A float16 in all lanes. */
    static FloatVector halves(long address) {
        return FloatVector.broadcast(Vectors.SPECIES, half(address));
    }

    /** Bytes as whole numbers 0 to 255. */
    static IntVector unsigned(long address) {
        return (IntVector) ByteVector.fromMemorySegment(BYTES, Native.MEMORY, address, Vectors.ORDER)
                .convertShape(VectorOperators.ZERO_EXTEND_B2I, INTS, 0);
    }

    /** Bytes as whole numbers −128 to 127. */
    static IntVector signed(long address) {
        return (IntVector) ByteVector.fromMemorySegment(BYTES, Native.MEMORY, address, Vectors.ORDER)
                .convertShape(VectorOperators.B2I, INTS, 0);
    }

    static FloatVector floats(IntVector whole) {
        return (FloatVector) whole.convertShape(VectorOperators.I2F, Vectors.SPECIES, 0);
    }

    static IntVector right(IntVector v, int bits) {
        return v.lanewise(VectorOperators.LSHR, bits);
    }

    static IntVector left(IntVector v, int bits) {
        return v.lanewise(VectorOperators.LSHL, bits);
    }
}
