package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.load;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Sums over floats. */
final class VectorSums {
    private static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, Vectors.SPECIES.vectorShape());

    private VectorSums() {}

    /** Σ x in double precision. */
    static double sum(long x, long count) {
        DoubleVector low = DoubleVector.zero(DOUBLES);
        DoubleVector high = low;
        long whole = Vectors.wholeBytes(count);
        for (long i = 0; i < whole; i += BYTES) {
            FloatVector v = load(x + i);
            low = low.add(half(v, 0));
            high = high.add(half(v, 1));
        }
        return LaneSum.of(low.add(high)) + ScalarElementwise.sum(x + whole, count - whole / Float.BYTES);
    }

    /** Σ x² in double precision. */
    static double sumOfSquares(long x, long count) {
        DoubleVector low = DoubleVector.zero(DOUBLES);
        DoubleVector high = low;
        long whole = Vectors.wholeBytes(count);
        for (long i = 0; i < whole; i += BYTES) {
            FloatVector v = load(x + i);
            DoubleVector l = half(v, 0);
            DoubleVector h = half(v, 1);
            low = l.fma(l, low);
            high = h.fma(h, high);
        }
        return LaneSum.of(low.add(high)) + ScalarElementwise.sumOfSquares(x + whole, count - whole / Float.BYTES);
    }

    /** Σ a·b in single precision, for rows of a few thousand elements. */
    static float dot(long a, long b, int count) {
        FloatVector s0 = FloatVector.zero(Vectors.SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        long whole = Vectors.wholeBytes(count);
        long i = 0;
        for (; i + 4 * BYTES <= whole; i += 4 * BYTES) {
            s0 = load(a + i).fma(load(b + i), s0);
            s1 = load(a + i + BYTES).fma(load(b + i + BYTES), s1);
            s2 = load(a + i + 2 * BYTES).fma(load(b + i + 2 * BYTES), s2);
            s3 = load(a + i + 3 * BYTES).fma(load(b + i + 3 * BYTES), s3);
        }
        for (; i < whole; i += BYTES) {
            s0 = load(a + i).fma(load(b + i), s0);
        }
        float sum = LaneSum.of(s0.add(s1).add(s2.add(s3)));
        for (; i < (long) count * Float.BYTES; i += Float.BYTES) {
            sum += Native.getFloat(a + i) * Native.getFloat(b + i);
        }
        return sum;
    }

    private static DoubleVector half(FloatVector v, int part) {
        return (DoubleVector) v.convert(VectorOperators.F2D, part);
    }
}
