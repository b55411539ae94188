package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.SPECIES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.splat;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/** The parts of a softmax over one row that fits the first cache; attention and cross-entropy put them together block by block. */
final class VectorSoftmax {
    private VectorSoftmax() {}

    /** The largest of {@code count} floats, −∞ where there are none, NaN where one is. */
    static float maximum(long x, int count) {
        FloatVector m0 = splat(Float.NEGATIVE_INFINITY);
        FloatVector m1 = m0;
        FloatVector m2 = m0;
        FloatVector m3 = m0;
        long whole = Vectors.wholeBytes(count);
        long i = 0;
        for (; i + 4 * BYTES <= whole; i += 4 * BYTES) {
            m0 = m0.max(load(x + i));
            m1 = m1.max(load(x + i + BYTES));
            m2 = m2.max(load(x + i + 2 * BYTES));
            m3 = m3.max(load(x + i + 3 * BYTES));
        }
        for (; i < whole; i += BYTES) {
            m0 = m0.max(load(x + i));
        }
        float maximum = m0.max(m1).max(m2.max(m3)).reduceLanes(VectorOperators.MAX);
        for (; i < (long) count * Float.BYTES; i += Float.BYTES) {
            maximum = Math.max(maximum, Native.getFloat(x + i));
        }
        return maximum;
    }

    /** x = exp(scale·x − shift); returns the sum. */
    static float exponentials(long x, int count, float scale, float shift) {
        FloatVector by = splat(scale);
        FloatVector less = splat(-shift);
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        long whole = Vectors.wholeBytes(count);
        long i = 0;
        for (; i + 2 * BYTES <= whole; i += 2 * BYTES) {
            FloatVector e0 = VectorMath.exp(load(x + i).fma(by, less));
            FloatVector e1 = VectorMath.exp(load(x + i + BYTES).fma(by, less));
            store(e0, x + i);
            store(e1, x + i + BYTES);
            s0 = s0.add(e0);
            s1 = s1.add(e1);
        }
        for (; i < (long) count * Float.BYTES; i += BYTES) {
            VectorMask<Float> inside = Vectors.first(count - i / Float.BYTES);
            FloatVector e = VectorMath.exp(load(x + i, inside).fma(by, less));
            store(e, x + i, inside);
            s0 = s0.add(e, inside);
        }
        return LaneSum.of(s0.add(s1));
    }

    /** Σ exp(x − shift). */
    static float sum(long x, int count, float shift) {
        FloatVector less = splat(shift);
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = s0;
        long whole = Vectors.wholeBytes(count);
        long i = 0;
        for (; i + 2 * BYTES <= whole; i += 2 * BYTES) {
            s0 = s0.add(VectorMath.exp(load(x + i).sub(less)));
            s1 = s1.add(VectorMath.exp(load(x + i + BYTES).sub(less)));
        }
        for (; i < (long) count * Float.BYTES; i += BYTES) {
            VectorMask<Float> inside = Vectors.first(count - i / Float.BYTES);
            s0 = s0.add(VectorMath.exp(load(x + i, inside).sub(less)), inside);
        }
        return LaneSum.of(s0.add(s1));
    }
}
