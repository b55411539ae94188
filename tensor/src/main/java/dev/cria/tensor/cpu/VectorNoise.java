package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.store;

import dev.cria.tensor.CounterBits;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link ScalarNoise} by vectors, with the same bits; a vector of 64-bit draws is one of twice as many 32-bit draws. */
final class VectorNoise {
    private static final VectorSpecies<Long> LONGS = VectorSpecies.of(long.class, Vectors.SPECIES.vectorShape());

    /** STEP times 0, 1, 2 …: the lanes' places. */
    private static final LongVector PLACES =
            LongVector.broadcast(LONGS, 0).addIndex(1).mul(CounterBits.STEP);

    private VectorNoise() {}

    /** As the scalar twin; {@code first} is even. */
    static void dropout(long y, long x, float probability, long stream, long first, long count, boolean accumulate) {
        int threshold = ScalarNoise.threshold(probability);
        float kept = 1 / (1 - probability);
        long whole = count & -LANES;
        for (long i = 0; i < whole; i += LANES) {
            FloatVector value = load(x + i * 4).mul(kept);
            value = value.blend(
                    0f,
                    bits(stream, first + i)
                            .compare(VectorOperators.ULT, threshold)
                            .cast(Vectors.SPECIES));
            store(accumulate ? load(y + i * 4).add(value) : value, y + i * 4);
        }
        ScalarNoise.dropout(
                y + whole * 4, x + whole * 4, probability, stream, first + whole, count - whole, accumulate);
    }

    /** As the scalar twin; {@code first} is even. */
    static void add(long x, float magnitude, long stream, long first, long count) {
        float factor = magnitude * ScalarNoise.UNIT;
        long whole = count & -LANES;
        for (long i = 0; i < whole; i += LANES) {
            FloatVector noise = (FloatVector) bits(stream, first + i).convert(VectorOperators.I2F, 0);
            store(load(x + i * 4).add(noise.mul(factor)), x + i * 4);
        }
        ScalarNoise.add(x + whole * 4, magnitude, stream, first + whole, count - whole);
    }

    /** 32 random bits a lane, those at places {@code first} and after. */
    private static IntVector bits(long stream, long first) {
        LongVector z = PLACES.add(stream + ((first >> 1) + 1) * CounterBits.STEP);
        z = z.lanewise(VectorOperators.XOR, z.lanewise(VectorOperators.LSHR, 30))
                .mul(0xBF58476D1CE4E5B9L);
        z = z.lanewise(VectorOperators.XOR, z.lanewise(VectorOperators.LSHR, 27))
                .mul(0x94D049BB133111EBL);
        return z.lanewise(VectorOperators.XOR, z.lanewise(VectorOperators.LSHR, 31))
                .reinterpretAsInts();
    }
}
