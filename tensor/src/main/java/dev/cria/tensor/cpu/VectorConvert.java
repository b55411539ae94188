package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;

import dev.cria.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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

    /** Float16 values that pass through arrays at a time; they stay in the first cache. */
    private static final int HALVES = 2048;

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
            whole = count;
            widenHalves(to, from, count);
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

    /** HotSpot has an instruction for the conversion of many float16, the Vector API has not: it takes loops over arrays for that. */
    private static void widenHalves(long to, long from, long count) {
        short[] halves = new short[(int) Math.min(count, HALVES)];
        float[] floats = new float[halves.length];
        for (long done = 0; done < count; done += halves.length) {
            int size = (int) Math.min(halves.length, count - done);
            MemorySegment.copy(
                    Native.MEMORY, ValueLayout.JAVA_SHORT_UNALIGNED, from + done * Short.BYTES, halves, 0, size);
            for (int i = 0; i < size; i++) {
                floats[i] = Float.float16ToFloat(halves[i]);
            }
            MemorySegment.copy(
                    floats, 0, Native.MEMORY, ValueLayout.JAVA_FLOAT_UNALIGNED, to + done * Float.BYTES, size);
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
