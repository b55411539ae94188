package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;

import dev.cria.tensor.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Conversion between float32 and bfloat16 by vectors; other pairs go through the scalar twin, whose float16 steps are single instructions. */
final class VectorConvert {
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, Vectors.SPECIES.vectorShape());
    private static final VectorSpecies<Short> SHORTS =
            VectorSpecies.of(short.class, VectorShape.forBitSize(Vectors.SPECIES.vectorBitSize() / 2));

    private VectorConvert() {}

    static void convert(long to, DType toType, long from, DType fromType, long count) {
        long whole = 0;
        if (toType == DType.BF16 && fromType == DType.F32) {
            whole = count & -LANES;
            narrow(to, from, whole);
        } else if (toType == DType.F32 && fromType == DType.BF16) {
            whole = count & -LANES;
            widen(to, from, whole);
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

    private static void widen(long to, long from, long count) {
        for (long i = 0; i < count; i += LANES) {
            ShortVector bits =
                    ShortVector.fromMemorySegment(SHORTS, Native.MEMORY, from + i * Short.BYTES, Vectors.ORDER);
            IntVector wide = (IntVector) bits.convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
            Vectors.store(wide.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), to + i * Float.BYTES);
        }
    }
}
