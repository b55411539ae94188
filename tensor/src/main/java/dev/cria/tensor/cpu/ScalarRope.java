package dev.cria.tensor.cpu;

import java.util.Objects;

/** Reference rotary position embedding (arXiv 2104.09864): dimension e pairs with e + E/2. */
final class ScalarRope {
    private ScalarRope() {}

    /** Rotates the first {@code rotatedHeads} of {@code heads} heads of each of N rows in place; the tables have P rows of E/2. */
    static void rotate(
            long x,
            int N,
            int heads,
            int E,
            int rotatedHeads,
            long positions,
            long cos,
            long sin,
            int P,
            boolean inverse) {
        int half = E / 2;
        for (int n = 0; n < N; n++) {
            long table = (long) Objects.checkIndex(Native.getInt(positions, n), P) * half;
            for (int head = 0; head < rotatedHeads; head++) {
                long first = ((long) n * heads + head) * E;
                for (int e = 0; e < half; e++) {
                    float c = Native.getFloat(cos, table + e);
                    float s = inverse ? -Native.getFloat(sin, table + e) : Native.getFloat(sin, table + e);
                    float a = Native.getFloat(x, first + e);
                    float b = Native.getFloat(x, first + half + e);
                    Native.setFloat(x, first + e, a * c - b * s);
                    Native.setFloat(x, first + half + e, b * c + a * s);
                }
            }
        }
    }
}
