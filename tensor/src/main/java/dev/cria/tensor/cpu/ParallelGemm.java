package dev.cria.tensor.cpu;

/**
 * Cuts a matrix product into pieces of C for the worker pool. The cut depends on the shape alone and never runs through the sum over k, so the
 * result does not depend on the number of threads.
 */
final class ParallelGemm implements Gemm {
    /** Rows at most with which weights are streamed once through a matrix-vector kernel instead of being packed. */
    private static final int STREAMED_ROWS = 4;

    /** Multiply-adds in a piece, at least: 0.1 ms at 100 GFLOP/s, which is far above the cost of handing it out. */
    private static final long LEAST_WORK = 1L << 22;

    /** Multiply-adds in a piece, at most: larger ones pack no better and leave threads idle at the end. */
    private static final long MOST_WORK = 1L << 27;

    /** Pieces wanted of a product that is neither small nor large. */
    private static final int PIECES = 12;

    /** Least rows and columns of a piece: packing an operand pays only where it is used often. */
    private static final int LEAST_SIDE = 192;

    /** The same where there are pieces enough all the same. */
    private static final int LEAST_SIDE_OF_MANY = 384;

    /** Bytes of A that are transposed at a time. */
    private static final long SLAB_BYTES = 16 << 20;

    /** Least columns, and least length of the sum, for which transposing A first pays. */
    private static final int LEAST_COLUMNS = 64;

    /** Rows that are a multiple of this many floats apart meet in one set of the first cache. */
    private static final int ALIASED = 1024;

    /** Pieces begin at multiples of this, so that all but the last are whole tiles of 12 or 16 rows and vectors. */
    private static final int SIDE_MULTIPLE = 48;

    private final WorkerPool pool;
    private final Gemm leaf;
    private final ThreadScratch slabs = new ThreadScratch();

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
        if (transposeA && lda % ALIASED == 0 && n >= LEAST_COLUMNS && k >= LEAST_COLUMNS) {
            multiplyTransposed(transposeB, m, n, k, a, lda, b, ldb, accumulate, c, ldc);
            return;
        }
        long work = Math.clamp((long) m * n * k / PIECES, LEAST_WORK, MOST_WORK);
        boolean many = (long) m * n >= (PIECES + 4L) * LEAST_SIDE_OF_MANY * LEAST_SIDE_OF_MANY;
        int least = many ? LEAST_SIDE_OF_MANY : LEAST_SIDE;
        int height = side(m, k, n, work, least);
        int width = side(n, k, height, work, least);
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

    /**
     * The product with A turned to rows first, slab by slab. Leaves that read a transposed A down its columns lose 40 % where its rows meet in
     * one set of the cache; gradients of weights with 1024, 2048 or 4096 outputs are such products.
     */
    private void multiplyTransposed(
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
        // A row is a little longer than k, so that rows of the copy are no power of two apart either.
        long row = k + 16L;
        int slab = (int) Math.clamp(SLAB_BYTES / (row * Float.BYTES) / SIDE_MULTIPLE * SIDE_MULTIPLE, SIDE_MULTIPLE, m);
        long rows = slabs.reserve(slab * row * Float.BYTES);
        for (int i = 0; i < m; i += slab) {
            int height = Math.min(slab, m - i);
            long from = a + (long) i * Float.BYTES;
            pool.run(
                    Math.ceilDiv(height, Transposition.BLOCK),
                    block -> Transposition.block(from, lda, k, height, block * Transposition.BLOCK, rows, row));
            multiply(false, transposeB, height, n, k, rows, row, b, ldb, accumulate, c + i * ldc * Float.BYTES, ldc);
        }
    }

    /** Length of a piece along one side of C, at most that of a square piece or of one that makes up for a short other side. */
    private static int side(int length, int k, int other, long work, int least) {
        double square = Math.sqrt((double) work / Math.max(1, k));
        double wanted = Math.max(least, square * Math.max(1, square / Math.max(1, other)));
        int pieces = (int) Math.max(1, Math.round(length / wanted));
        int even = (length + pieces - 1) / pieces;
        return Math.max(1, (even + SIDE_MULTIPLE - 1) / SIDE_MULTIPLE * SIDE_MULTIPLE);
    }
}
