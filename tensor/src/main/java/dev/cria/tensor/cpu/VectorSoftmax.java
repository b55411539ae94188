package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.SPECIES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.splat;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** The parts of a softmax over one row that fits the first cache; attention and cross-entropy put them together block by block. */
final class VectorSoftmax {
    private VectorSoftmax() {}

    /** The largest of {@code count} floats, −∞ where there are none, NaN where one is. */
    static float maximum(long x, int count) {
        FloatVector m0 = splat(Float.NEGATIVE_INFINITY);
        FloatVector m1 = m0;
        long whole = Vectors.wholeBytes(count);
        long i = 0;
        for (; i + 2 * BYTES <= whole; i += 2 * BYTES) {
            m0 = m0.max(load(x + i));
            m1 = m1.max(load(x + i + BYTES));
        }
        if (i < whole) {
            m0 = m0.max(load(x + i));
            i += BYTES;
        }
        float maximum = m0.max(m1).reduceLanes(VectorOperators.MAX);
        for (; i < (long) count * Float.BYTES; i += Float.BYTES) {
            maximum = Math.max(maximum, Native.getFloat(x + i));
        }
        return maximum;
    }

    /** x = exp(scale·x − shift); returns the sum. Fastest where {@code count} is a whole number of vectors. */
    static float exponentials(long x, int count, float scale, float shift) {
        long whole = Vectors.wholeBytes(count);
        float sum = wholeExponentials(x, whole, scale, shift);
        for (long i = whole; i < (long) count * Float.BYTES; i += Float.BYTES) {
            float value = (float) Math.exp(Math.fma(Native.getFloat(x + i), scale, -shift));
            Native.setFloat(x + i, value);
            sum += value;
        }
        return sum;
    }

    /** Σ exp(x − shift). */
    static float sum(long x, int count, float shift) {
        long whole = Vectors.wholeBytes(count);
        float sum = wholeSum(x, whole, shift);
        for (long i = whole; i < (long) count * Float.BYTES; i += Float.BYTES) {
            sum += (float) Math.exp(Native.getFloat(x + i) - shift);
        }
        return sum;
    }

    // One exponential a loop: with more, C2 reaches its limit of nodes and leaves calls, and objects for their vectors,
    // in the loop.

    private static float wholeExponentials(long x, long bytes, float scale, float shift) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (long i = 0; i < bytes; i += BYTES) {
            FloatVector e = VectorMath.exp(load(x + i).fma(splat(scale), splat(-shift)));
            store(e, x + i);
            sum = sum.add(e);
        }
        return LaneSum.of(sum);
    }

    private static float wholeSum(long x, long bytes, float shift) {
        FloatVector sum = FloatVector.zero(SPECIES);
        for (long i = 0; i < bytes; i += BYTES) {
            sum = sum.add(VectorMath.exp(load(x + i).sub(splat(shift))));
        }
        return LaneSum.of(sum);
    }
}
