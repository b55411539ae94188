package dev.cria.tensor.cpu;

import java.util.Objects;

/** Reference embedding lookup and its gradient. */
final class ScalarEmbedding {
    private ScalarEmbedding() {}

    /** y[n,:] = weight[ids[n],:] for N rows of D. */
    static void forward(long y, long weight, long ids, int N, int D, int V) {
        for (int n = 0; n < N; n++) {
            int id = Objects.checkIndex(Native.getInt(ids, n), V);
            Native.copy(weight + (long) id * D * Float.BYTES, y + (long) n * D * Float.BYTES, (long) D * Float.BYTES);
        }
    }

    /** dWeight[ids[n],:] += dy[n,:]. */
    static void backward(long dWeight, long dy, long ids, int N, int D, int V) {
        for (int n = 0; n < N; n++) {
            long row = (long) Objects.checkIndex(Native.getInt(ids, n), V) * D;
            for (int d = 0; d < D; d++) {
                Native.setFloat(
                        dWeight, row + d, Native.getFloat(dWeight, row + d) + Native.getFloat(dy, (long) n * D + d));
            }
        }
    }
}
