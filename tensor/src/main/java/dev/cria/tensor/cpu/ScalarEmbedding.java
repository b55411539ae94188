package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import java.util.Objects;

/** Reference embedding lookup and its gradient. */
final class ScalarEmbedding {
    private ScalarEmbedding() {}

    /** y[n,:] = weight[ids[n],:] for N rows of D, widened to float32. */
    static void forward(long y, long weight, DType type, long ids, int N, int D, int V) {
        for (int n = 0; n < N; n++) {
            long id = Objects.checkIndex(Native.getInt(ids, n), V);
            ScalarConvert.convert(y + (long) n * D * Float.BYTES, DType.F32, weight + type.bytes(id * D), type, D);
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
