package dev.cria.tensor.cpu;

import java.util.Objects;

/** Gradient of the embedding lookup for some of its columns; see {@link ScalarEmbedding}. */
final class VectorEmbedding {
    private VectorEmbedding() {}

    /** @throws IndexOutOfBoundsException if one of the N ids is no row of the table */
    static void check(long ids, int N, int V) {
        for (int n = 0; n < N; n++) {
            Objects.checkIndex(Native.getInt(ids, n), V);
        }
    }

    /** dWeight[ids[n], 0..columns-1] += dy[n, 0..columns-1] for n in order; rows of both are D floats apart. */
    static void backward(long dWeight, long dy, long ids, int N, int D, int columns) {
        long rowBytes = (long) D * Float.BYTES;
        for (int n = 0; n < N; n++) {
            long row = dWeight + Native.getInt(ids, n) * rowBytes;
            VectorElementwise.add(row, row, dy + n * rowBytes, columns);
        }
    }
}
