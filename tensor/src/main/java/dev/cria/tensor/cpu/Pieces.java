package dev.cria.tensor.cpu;

import dev.cria.tensor.Tensor;

/** Cuts work into pieces by its shape alone, and hands them to the pool: what comes out does not depend on how many threads there are. */
final class Pieces {
    /** Floats in a piece of a flat array: 256 KB, some 20 µs of memory bandwidth; a multiple of every vector length. */
    private static final int SIZE = 1 << 16;

    private final WorkerPool pool;

    Pieces(WorkerPool pool) {
        this.pool = pool;
    }

    /** A range of rows, or of elements of a flat array. */
    @FunctionalInterface
    interface Range {
        void run(long from, int count);
    }

    /** The sum over some elements. */
    @FunctionalInterface
    interface PartialSum {
        double over(long x, long count);
    }

    /** Runs over {@code count} elements in pieces of {@code size}. */
    void run(long count, long size, Range range) {
        pool.run(Math.toIntExact((count + size - 1) / size), piece -> {
            long from = piece * size;
            range.run(from, (int) Math.min(size, count - from));
        });
    }

    /** Runs over the elements of a tensor. */
    void flat(Tensor x, Range range) {
        run(x.elements(), SIZE, range);
    }

    /** Runs over rows of {@code columns} elements, as many in a piece as make up {@link #SIZE} elements. */
    void rows(int rows, long columns, Range range) {
        run(rows, Math.max(1, SIZE / Math.max(1, columns)), range);
    }

    /** Sums of pieces, added in their order. */
    double total(Tensor x, PartialSum partial) {
        double[] sums = new double[Math.toIntExact((x.elements() + SIZE - 1) / SIZE)];
        long address = x.data().address();
        flat(x, (i, count) -> sums[(int) (i / SIZE)] = partial.over(address + i * Float.BYTES, count));
        double total = 0;
        for (double sum : sums) {
            total += sum;
        }
        return total;
    }
}
