package dev.cria.tensor.cpu;

/**
 * Cuts a matrix product into pieces of C for the worker pool. The cut depends on the shape alone and never runs through the sum over k, so the
 * result does not depend on the number of threads.
 */
final class ParallelGemm implements Gemm {
    /** Rows at most with which weights are streamed once through a matrix-vector kernel instead of being packed. */
    private static final int STREAMED_ROWS = 4;

    /** Multiply-adds in a piece: a third of a millisecond at 100 GFLOP/s, which is far above the cost of handing it out. */
    private static final long PIECE_WORK = 1L << 25;

    /** Least rows and columns of a piece: packing an operand pays only where it is used often. */
    private static final int LEAST_SIDE = 192;

    /** Pieces begin at multiples of this, so that all but the last are whole tiles of 12 or 16 rows and vectors. */
    private static final int SIDE_MULTIPLE = 48;

    private final WorkerPool pool;
    private final Gemm leaf;

    ParallelGemm(WorkerPool pool, Gemm leaf) {
        this.pool = pool;
        this.leaf = leaf;
    }

    @Override
    public void multiply(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            long a,
            long lda,
            long b,
            long ldb,
            boolean accumulate,
            long c,
            long ldc) {
        if (m <= STREAMED_ROWS && !transposeA && transposeB) {
            int rows = VectorMatVec.pieceRows(k);
            pool.run((n + rows - 1) / rows, piece -> {
                int j = piece * rows;
                int width = Math.min(rows, n - j);
                VectorMatVec.multiply(
                        m,
                        width,
                        k,
                        a,
                        lda,
                        b + j * ldb * Float.BYTES,
                        ldb,
                        accumulate,
                        c + (long) j * Float.BYTES,
                        ldc);
            });
            return;
        }
        int height = side(m, k, n);
        int width = side(n, k, height);
        int down = (m + height - 1) / height;
        int across = (n + width - 1) / width;
        pool.run(down * across, piece -> {
            int i = piece / across * height;
            int j = piece % across * width;
            leaf.multiply(
                    transposeA,
                    transposeB,
                    Math.min(height, m - i),
                    Math.min(width, n - j),
                    k,
                    a + (transposeA ? i : i * lda) * Float.BYTES,
                    lda,
                    b + (transposeB ? j * ldb : j) * Float.BYTES,
                    ldb,
                    accumulate,
                    c + (i * ldc + j) * Float.BYTES,
                    ldc);
        });
    }

    @Override
    public String name() {
        return leaf.name();
    }

    /** Length of a piece along one side of C, at most that of a square piece or of one that makes up for a short other side. */
    private static int side(int length, int k, int other) {
        double square = Math.sqrt((double) PIECE_WORK / Math.max(1, k));
        double wanted = Math.max(LEAST_SIDE, square * Math.max(1, square / Math.max(1, other)));
        int pieces = (int) Math.max(1, Math.round(length / wanted));
        int even = (length + pieces - 1) / pieces;
        return Math.max(1, (even + SIDE_MULTIPLE - 1) / SIDE_MULTIPLE * SIDE_MULTIPLE);
    }
}
