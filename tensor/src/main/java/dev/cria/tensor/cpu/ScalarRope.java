package dev.cria.tensor.cpu;

import dev.cria.tensor.RopeOrder;
import java.util.Objects;

/** Reference rotary position embedding (arXiv 2104.09864). */
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
            boolean inverse,
            RopeOrder order) {
        int half = E / 2;
        int step = order == RopeOrder.PAIRS ? 2 : 1;
        int apart = order == RopeOrder.PAIRS ? 1 : half;
        for (int n = 0; n < N; n++) {
            long table = (long) Objects.checkIndex(Native.getInt(positions, n), P) * half;
            for (int head = 0; head < rotatedHeads; head++) {
                long first = ((long) n * heads + head) * E;
                for (int e = 0; e < half; e++) {
                    float c = Native.getFloat(cos, table + e);
                    float s = inverse ? -Native.getFloat(sin, table + e) : Native.getFloat(sin, table + e);
                    long at = first + (long) e * step;
                    float a = Native.getFloat(x, at);
                    float b = Native.getFloat(x, at + apart);
                    Native.setFloat(x, at, a * c - b * s);
                    Native.setFloat(x, at + apart, b * c + a * s);
                }
            }
        }
    }
}
