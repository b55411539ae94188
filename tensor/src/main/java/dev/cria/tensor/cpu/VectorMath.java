package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Elementary functions on vectors, small enough that C2 inlines them. */
final class VectorMath {
    /** Below this the result is less than the smallest normal float and given as zero. */
    static final float LEAST = -87.33654f;

    /** From here on the result is given as infinity, 3 % below where float itself overflows on the scale of the logarithm's last bit. */
    static final float GREATEST = 88.37626f;

    private static final float LOG2_E = 1.44269504f;

    /** ln 2 in two parts; the first has few bits, so that its multiples by whole numbers are exact. */
    private static final float LN2_HIGH = 0.693359375f;

    private static final float LN2_LOW = -2.12194440e-4f;

    /** 1.5 · 2²³: adding it rounds to a whole number, which then stands in the low bits. */
    private static final float ROUNDER = 12582912f;

    private VectorMath() {}

    /**
     * eˣ with a relative error of about 1e-7: x = n·ln 2 + r with |r| ≤ ln 2 / 2, and a polynomial in r (range reduction and coefficients as
     * in S. Moshier's Cephes library). NaN gives NaN, −∞ zero, +∞ infinity.
     */
    static FloatVector exp(FloatVector x) {
        FloatVector rounded = x.fma(splat(LOG2_E), splat(ROUNDER));
        FloatVector n = rounded.sub(splat(ROUNDER));
        FloatVector r = n.fma(splat(-LN2_HIGH), x);
        r = n.fma(splat(-LN2_LOW), r);
        FloatVector p = r.fma(splat(1.9875691500E-4f), splat(1.3981999507E-3f));
        p = p.fma(r, splat(8.3334519073E-3f));
        p = p.fma(r, splat(4.1665795894E-2f));
        p = p.fma(r, splat(1.6666665459E-1f));
        p = p.fma(r, splat(5.0000001201E-1f));
        p = p.fma(r.mul(r), r).add(splat(1));
        IntVector exponent = rounded.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23);
        FloatVector scale = exponent.add(Float.floatToRawIntBits(1f)).reinterpretAsFloats();
        return p.mul(scale)
                .blend(0f, x.compare(VectorOperators.LT, LEAST))
                .blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, GREATEST));
    }

    private static FloatVector splat(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }
}
