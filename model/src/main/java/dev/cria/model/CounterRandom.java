package dev.cria.model;

import dev.cria.tensor.CounterBits;
import java.nio.charset.StandardCharsets;

/**
 * Random numbers without state: the i-th number of a stream is a hash of (stream, i), by SplitMix64's finalizer (Steele, Lea and Flood,
 * OOPSLA 2014). Streams are named, so that parameters and samplers never share one.
 */
public final class CounterRandom {
    private static final double TO_UNIT = 0x1p-53;

    // Peter J. Acklam's rational approximation of the normal quantile, relative error below 1.2e-9.
    private static final double[] CENTRE_NUMERATOR = {
        -3.969683028665376e+01,
        2.209460984245205e+02,
        -2.759285104469687e+02,
        1.383577518672690e+02,
        -3.066479806614716e+01,
        2.506628277459239e+00
    };
    private static final double[] CENTRE_DENOMINATOR = {
        -5.447609879822406e+01,
        1.615858368580409e+02,
        -1.556989798598866e+02,
        6.680131188771972e+01,
        -1.328068155288572e+01,
        1
    };
    private static final double[] TAIL_NUMERATOR = {
        -7.784894002430293e-03,
        -3.223964580411365e-01,
        -2.400758277161838e+00,
        -2.549732539343734e+00,
        4.374664141464968e+00,
        2.938163982698783e+00
    };
    private static final double[] TAIL_DENOMINATOR = {
        7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1
    };
    private static final double TAIL = 0.02425;

    private CounterRandom() {}

    /** A stream of its own for a name under a seed. */
    public static long stream(long seed, String name) {
        long hash = CounterBits.mix(seed + CounterBits.STEP);
        for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
            hash = CounterBits.mix(hash ^ (b & 0xFF)) + CounterBits.STEP;
        }
        return CounterBits.mix(hash);
    }

    /** 64 random bits. */
    public static long bits(long stream, long index) {
        return CounterBits.at(stream, index);
    }

    /** Uniform in the open interval (0, 1). */
    public static double uniform(long stream, long index) {
        return ((bits(stream, index) >>> 11) + 0.5) * TO_UNIT;
    }

    /** Standard normal, by inversion of one uniform number. */
    public static double normal(long stream, long index) {
        return normalQuantile(uniform(stream, index));
    }

    /** The x with Φ(x) = p, for p in (0, 1). */
    static double normalQuantile(double p) {
        if (p < TAIL) {
            return tail(p);
        }
        if (p > 1 - TAIL) {
            return -tail(1 - p);
        }
        double q = p - 0.5;
        double r = q * q;
        return q * polynomial(CENTRE_NUMERATOR, r) / polynomial(CENTRE_DENOMINATOR, r);
    }

    private static double tail(double p) {
        double q = Math.sqrt(-2 * StrictMath.log(p));
        return polynomial(TAIL_NUMERATOR, q) / polynomial(TAIL_DENOMINATOR, q);
    }

    /** Highest power first. */
    private static double polynomial(double[] coefficients, double x) {
        double sum = 0;
        for (double coefficient : coefficients) {
            sum = sum * x + coefficient;
        }
        return sum;
    }
}
