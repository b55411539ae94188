package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;

/** Reference gradient of an input through weights as they are stored, and blocks of matrices. */
final class ScalarFrozen {
    private ScalarFrozen() {}

    /** dx[N,I] = dy[N, ΣO] · w for weights one after another. */
    static void backwardInput(Tensor dx, Tensor dy, List<Tensor> weights) {
        int N = dx.size(0);
        int I = weights.getFirst().size(1);
        int total = N == 0 ? 0 : Math.toIntExact(dy.elements() / N);
        double[] sums = new double[Math.multiplyExact(N, I)];
        long column = 0;
        try (Arena arena = Arena.ofConfined()) {
            long row = arena.allocate((long) I * Float.BYTES).address();
            for (Tensor w : weights) {
                long rowBytes = w.dtype().bytes(I);
                for (long o = 0; o < w.dim(0); o++, column++) {
                    ScalarConvert.convert(row, DType.F32, w.data().address() + o * rowBytes, w.dtype(), I);
                    for (int n = 0; n < N; n++) {
                        double factor = Native.getFloat(dy.data().address(), (long) n * total + column);
                        for (int i = 0; i < I; i++) {
                            sums[n * I + i] += factor * Native.getFloat(row, i);
                        }
                    }
                }
            }
        }
        for (int i = 0; i < sums.length; i++) {
            Native.setFloat(dx.data().address(), i, (float) sums[i]);
        }
    }

    /** matrix[row + i, column + j] = factor · block[i, j]. */
    static void putBlock(Tensor matrix, long row, long column, Tensor block, float factor) {
        long from = block.data().address();
        long width = block.dim(1);
        for (long i = 0; i < block.dim(0); i++) {
            long to = matrix.data().address() + ((row + i) * matrix.dim(1) + column) * Float.BYTES;
            for (long j = 0; j < width; j++) {
                Native.setFloat(to, j, factor * Native.getFloat(from, i * width + j));
            }
        }
    }

    /** block[i, j] += factor · matrix[row + i, column + j]. */
    static void addBlock(Tensor block, Tensor matrix, long row, long column, float factor) {
        long to = block.data().address();
        long width = block.dim(1);
        for (long i = 0; i < block.dim(0); i++) {
            long from = matrix.data().address() + ((row + i) * matrix.dim(1) + column) * Float.BYTES;
            for (long j = 0; j < width; j++) {
                float sum = Native.getFloat(to, i * width + j) + factor * Native.getFloat(from, j);
                Native.setFloat(to, i * width + j, sum);
            }
        }
    }
}
