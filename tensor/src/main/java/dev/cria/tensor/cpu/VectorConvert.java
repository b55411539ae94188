package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;

import dev.cria.tensor.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Conversion to float32 and from float32 to bfloat16 by vectors; other pairs go through the scalar twin. */
final class VectorConvert {
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Vectors.SPECIES.vectorShape());
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Vectors.SPECIES.vectorBitSize() / 2));

    /** What a float32 exponent's bias has over that of a float16, in place. */
    private static final int BIAS = 112 << 23;

    /** The bit that makes a NaN a quiet one. */
    private static final int QUIET = 1 << 22;

    private VectorConvert() {}

    static void convert(long to, DType toType, long from, DType fromType, long count) {
        long whole = 0;
        if (toType == DType.BF16 && fromType == DType.F32) {
            whole = count & -LANES;
            narrow(to, from, whole);
        } else if (toType == DType.F32 && fromType == DType.BF16) {
            whole = count & -LANES;
            widen(to, from, whole);
        } else if (toType == DType.F32 && fromType == DType.F16) {
            whole = count & -LANES;
            widenHalves(to, from, whole);
        } else if (toType == DType.F32 && VectorBlocks.reads(fromType)) {
            whole = count;
            VectorBlocks.dequantise(fromType, from, to, count);
        }
        ScalarConvert.convert(to + toType.bytes(whole), toType, from + fromType.bytes(whole), fromType, count - whole);
    }

    private static void narrow(long to, long from, long count) {
        for (long i = 0; i < count; i += LANES) {
            FloatVector value = Vectors.load(from + i * Float.BYTES);
            IntVector bits = value.reinterpretAsInts();
            IntVector high = bits.lanewise(VectorOperators.LSHR, 16);
            IntVector nearest = bits.add(high.and(1)).add(0x7fff).lanewise(VectorOperators.LSHR, 16);
            IntVector rounded = nearest.blend(
                    high.or(0x40), value.test(VectorOperators.IS_NAN).cast(INTS));
            ((ShortVector) rounded.convertShape(VectorOperators.I2S, SHORTS, 0))
                    .intoMemorySegment(Native.MEMORY, to + i * Short.BYTES, Vectors.ORDER);
        }
    }

    /**
     * Float16 to float32 by whole numbers, as the Vector API has no such conversion: the exponent's bias grows by 112; subnormal numbers get one
     * more and lose 2⁻¹⁴, which is then the leading bit they lack; infinities and NaN get the largest exponent, and NaN are quiet.
     */
    private static void widenHalves(long to, long from, long count) {
        FloatVector leading = Vectors.splat(0x1p-14f);
        for (long i = 0; i < count; i += LANES) {
            ShortVector half =
                    ShortVector.fromMemorySegment(SHORTS, Native.MEMORY, from + i * Short.BYTES, Vectors.ORDER);
            IntVector bits = (IntVector) half.convertShape(VectorOperators.S2I, INTS, 0);
            IntVector magnitude = bits.and(0x7fff).lanewise(VectorOperators.LSHL, 13);
            IntVector normal = magnitude.add(BIAS);
            IntVector wide = normal.add(BIAS, magnitude.compare(VectorOperators.GE, 0x7c00 << 13));
            wide = wide.lanewise(VectorOperators.OR, QUIET, magnitude.compare(VectorOperators.GT, 0x7c00 << 13));
            FloatVector subnormal =
                    magnitude.add(BIAS + (1 << 23)).reinterpretAsFloats().sub(leading);
            wide = wide.blend(subnormal.reinterpretAsInts(), magnitude.compare(VectorOperators.LT, 0x400 << 13));
            Vectors.store(wide.or(bits.and(1 << 31)).reinterpretAsFloats(), to + i * Float.BYTES);
        }
    }

    private static void widen(long to, long from, long count) {
        for (long i = 0; i < count; i += LANES) {
            ShortVector bits =
                    ShortVector.fromMemorySegment(SHORTS, Native.MEMORY, from + i * Short.BYTES, Vectors.ORDER);
            IntVector wide = (IntVector) bits.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
            Vectors.store(wide.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), to + i * Float.BYTES);
        }
    }
}
