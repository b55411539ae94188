package dev.cria.tensor.quant;

/** What the formats of 32 elements with 4 or 5 bits share: low nibbles are elements 0 to 15, high nibbles 16 to 31. */
final class Nibbles {
    static final int SIZE = 32;
    static final int HALF = 16;

    private Nibbles() {}

    /** The element of largest magnitude, with its sign; the first of equals. */
    static float largest(float[] values, int from) {
        float largest = 0;
        for (int i = from; i < from + SIZE; i++) {
            if (Math.abs(values[i]) > Math.abs(largest)) {
                largest = values[i];
            }
        }
        return largest;
    }

    /** The smallest element; the first of equals, as zeros have signs. */
    static float minimum(float[] values, int from) {
        float minimum = values[from];
        for (int i = from + 1; i < from + SIZE; i++) {
            minimum = values[i] < minimum ? values[i] : minimum;
        }
        return minimum;
    }

    static float maximum(float[] values, int from) {
        float maximum = values[from];
        for (int i = from + 1; i < from + SIZE; i++) {
            maximum = values[i] > maximum ? values[i] : maximum;
        }
        return maximum;
    }

    /** 1/d, and 0 where d is 0. */
    static float inverse(float d) {
        return d == 0 ? 0 : 1 / d;
    }
}
