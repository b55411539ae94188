package dev.cria.tensor.cpu;

import dev.cria.tensor.CounterBits;

/** Reference dropout and noise over {@code count} floats that begin at place {@code first} of a stream. */
final class ScalarNoise {
    /** Makes a signed 32-bit number one in [-1, 1). */
    static final float UNIT = 0x1p-31f;

    private ScalarNoise() {}

    /** Bits below it drop an element. */
    static int threshold(float probability) {
        return (int) (long) Math.rint(probability * 0x1p32);
    }

    /** y = x / (1 - probability) or 0, or y += that; y may be x. */
    static void dropout(long y, long x, float probability, long stream, long first, long count, boolean accumulate) {
        int threshold = threshold(probability);
        float kept = 1 / (1 - probability);
        for (long i = 0; i < count; i++) {
            boolean drop = Integer.compareUnsigned(CounterBits.intAt(stream, first + i), threshold) < 0;
            float value = drop ? 0 : Native.getFloat(x, i) * kept;
            Native.setFloat(y, i, accumulate ? Native.getFloat(y, i) + value : value);
        }
    }

    /** x += a number drawn evenly from [-magnitude, magnitude). */
    static void add(long x, float magnitude, long stream, long first, long count) {
        float factor = magnitude * UNIT;
        for (long i = 0; i < count; i++) {
            float noise = CounterBits.intAt(stream, first + i) * factor;
            Native.setFloat(x, i, Native.getFloat(x, i) + noise);
        }
    }
}
