package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.store;

import dev.cria.tensor.RopeOrder;
import java.util.Objects;
import jdk.incubator.vector.FloatVector;

/** Rotary position embedding over consecutive rows; see {@link ScalarRope}. */
final class VectorRope {
    private VectorRope() {}

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
        long halfBytes = E / 2L * Float.BYTES;
        for (int n = 0; n < N; n++) {
            long table = Objects.checkIndex(Native.getInt(positions, n), P) * halfBytes;
            long row = x + (long) n * heads * 2 * halfBytes;
            for (int head = 0; head < rotatedHeads; head++) {
                if (order == RopeOrder.PAIRS) {
                    VectorRopePairs.head(row + head * 2 * halfBytes, E, cos + table, sin + table, inverse);
                } else {
                    head(row + head * 2 * halfBytes, halfBytes, cos + table, sin + table, inverse);
                }
            }
        }
    }

    private static void head(long a, long halfBytes, long cos, long sin, boolean inverse) {
        long b = a + halfBytes;
        long whole = halfBytes / BYTES * BYTES;
        for (long i = 0; i < whole; i += BYTES) {
            FloatVector c = load(cos + i);
            FloatVector s = inverse ? load(sin + i).neg() : load(sin + i);
            FloatVector u = load(a + i);
            FloatVector v = load(b + i);
            store(u.mul(c).sub(v.mul(s)), a + i);
            store(v.mul(c).add(u.mul(s)), b + i);
        }
        for (long i = whole; i < halfBytes; i += Float.BYTES) {
            float c = Native.getFloat(cos + i);
            float s = inverse ? -Native.getFloat(sin + i) : Native.getFloat(sin + i);
            float u = Native.getFloat(a + i);
            float v = Native.getFloat(b + i);
            Native.setFloat(a + i, u * c - v * s);
            Native.setFloat(b + i, v * c + u * s);
        }
    }
}
