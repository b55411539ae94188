package dev.cria.cuda.fp8;

import dev.cria.cuda.gemm.MatrixType;

/** FP8 written down from its definition, "OCP 8-bit Floating Point Specification (OFP8)", revision 1.0, table 1: slow and plain. */
final class Fp8Reference {
    static final int NAN = 0x7f;
    private static final double[] E4M3 = values(4, 7);
    private static final double[] E5M2 = values(5, 15);

    private Fp8Reference() {}

    /** The value of each code. */
    static double[] values(MatrixType format) {
        return format == MatrixType.E4M3 ? E4M3 : E5M2;
    }

    private static double[] values(int exponentBits, int bias) {
        int mantissaBits = 7 - exponentBits;
        double[] values = new double[256];
        for (int code = 0; code < 256; code++) {
            int exponent = (code & 0x7f) >> mantissaBits;
            int mantissa = code & (1 << mantissaBits) - 1;
            double fraction = mantissa * Math.scalb(1.0, -mantissaBits);
            double magnitude =
                    exponent == 0 ? Math.scalb(fraction, 1 - bias) : Math.scalb(1 + fraction, exponent - bias);
            boolean top = exponent == (1 << exponentBits) - 1;
            if (exponentBits == 4 && top && mantissa == 7) {
                magnitude = Double.NaN;
            } else if (exponentBits == 5 && top) {
                magnitude = mantissa == 0 ? Double.POSITIVE_INFINITY : Double.NaN;
            }
            values[code] = code < 128 ? magnitude : -magnitude;
        }
        return values;
    }

    /** The largest finite value. */
    static double largest(MatrixType format) {
        return format == MatrixType.E4M3 ? 448 : 57344;
    }

    /** The code of the nearest value; of two as near the even one; the largest finite one for what is beyond. */
    static int encode(float number, MatrixType format) {
        if (Float.isNaN(number)) {
            return NAN;
        }
        double[] values = values(format);
        double magnitude = Math.min(Math.abs((double) number), largest(format));
        int best = 0;
        for (int code = 1; values[code] <= largest(format); code++) {
            double better = Math.abs(values[best] - magnitude) - Math.abs(values[code] - magnitude);
            if (better > 0 || better == 0 && (code & 1) == 0) {
                best = code;
            }
        }
        return Float.floatToRawIntBits(number) < 0 ? best | 0x80 : best;
    }

    /** What a number becomes in a matrix of that scale, in the matrix's own units. */
    static double rounded(float number, float scale, MatrixType format) {
        return values(format)[encode(number * scale, format)] / scale;
    }

    /** The largest power of two that takes no number of the matrix beyond the format. */
    static float scale(float[] matrix, MatrixType format) {
        double magnitude = 0;
        for (float number : matrix) {
            magnitude = Math.max(magnitude, Math.abs((double) number));
        }
        if (magnitude == 0) {
            return 1;
        }
        int power = 120;
        while (power > -120 && Math.scalb(magnitude, power) > largest(format)) {
            power--;
        }
        return Math.scalb(1f, power);
    }
}
