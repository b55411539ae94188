package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.load;

import jdk.incubator.vector.FloatVector;

/**
 * Few rows of inputs times a weight matrix, as in decoding: every weight is read once, so memory bandwidth is the limit. Four rows of weights
 * run side by side for as many streams and independent sums.
 */
final class VectorMatVec {
    /** Weights in a piece: 256 KB, some 20 µs of memory bandwidth. */
    private static final int PIECE_WEIGHTS = 1 << 16;

    private VectorMatVec() {}

    /** Rows of weights, k floats each, in a piece of work: a multiple of four. */
    static int pieceRows(int k) {
        return Math.max(1, PIECE_WEIGHTS / 4 / Math.max(1, k)) * 4;
    }

    /** C[m,n] = A[m,k] · B[n,k]ᵀ, or C += with {@code accumulate}. */
    static void multiply(
            int m, int n, int k, long a, long lda, long b, long ldb, boolean accumulate, long c, long ldc) {
        long rowBytes = ldb * Float.BYTES;
        int whole = n & -4;
        for (int j = 0; j < whole; j += 4) {
            for (int i = 0; i < m; i++) {
                fourRows(
                        k,
                        a + i * lda * Float.BYTES,
                        b + j * rowBytes,
                        rowBytes,
                        accumulate,
                        c + (i * ldc + j) * 4,
                        Float.BYTES);
            }
        }
        for (int j = whole; j < n; j++) {
            for (int i = 0; i < m; i++) {
                float dot = VectorSums.dot(a + i * lda * Float.BYTES, b + j * rowBytes, k);
                put(c + (i * ldc + j) * Float.BYTES, dot, accumulate);
            }
        }
    }

    /** One input times four rows of weights {@code rowBytes} apart; results go to {@code c}, {@code apart} bytes from each other. */
    static void fourRows(int k, long x, long w, long rowBytes, boolean accumulate, long c, long apart) {
        long w1 = w + rowBytes;
        long w2 = w + 2 * rowBytes;
        long w3 = w + 3 * rowBytes;
        FloatVector s0 = FloatVector.zero(Vectors.SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        long whole = (long) (k & -LANES) * Float.BYTES;
        for (long p = 0; p < whole; p += BYTES) {
            FloatVector v = load(x + p);
            s0 = v.fma(load(w + p), s0);
            s1 = v.fma(load(w1 + p), s1);
            s2 = v.fma(load(w2 + p), s2);
            s3 = v.fma(load(w3 + p), s3);
        }
        if (whole < (long) k * Float.BYTES) {
            var inside = Vectors.first(k - whole / Float.BYTES);
            FloatVector v = load(x + whole, inside);
            s0 = v.fma(load(w + whole, inside), s0);
            s1 = v.fma(load(w1 + whole, inside), s1);
            s2 = v.fma(load(w2 + whole, inside), s2);
            s3 = v.fma(load(w3 + whole, inside), s3);
        }
        put(c, LaneSum.of(s0), accumulate);
        put(c + apart, LaneSum.of(s1), accumulate);
        put(c + 2 * apart, LaneSum.of(s2), accumulate);
        put(c + 3 * apart, LaneSum.of(s3), accumulate);
    }

    private static void put(long c, float value, boolean accumulate) {
        Native.setFloat(c, accumulate ? Native.getFloat(c) + value : value);
    }
}
