package dev.cria.tensor.cpu;

/**
 * Large bf16 products on the matrix engine, spread over the pool. For each block of the summed dimension, the smaller operand is packed once
 * by all workers together and shared; the larger one is cut into pieces, and whoever takes a piece packs it for itself while it is in cache.
 * So nothing is packed twice, and where the cuts lie depends on the shape alone: results are the same for any number of threads.
 */
final class AmxMatMul implements Gemm {
    private static final int MAXIMUM_K = 1024;

    /** A packed piece stays in half of a second-level cache of 1 MiB. */
    private static final int PIECE_BYTES = 384 << 10;

    /** Enough pieces that a dozen workers finish together. */
    private static final int PIECES = 16;

    private static final int PACK_ROWS = 32;

    /** Below this many rows a product is bound by reading the weights, which tiles do not speed up. */
    private static final int LEAST_ROWS = 16;

    private final AmxLeaf leaf;
    private final WorkerPool pool;
    private final Gemm thin;
    private final ThreadScratch pieceScratch = new ThreadScratch();
    private final ThreadScratch sharedScratch = new ThreadScratch();

    /** @param thin multiplies in float32 what has too few rows */
    AmxMatMul(AmxLeaf leaf, WorkerPool pool, Gemm thin) {
        this.leaf = leaf;
        this.pool = pool;
        this.thin = thin;
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
        if (m < LEAST_ROWS || k == 0) {
            thin.multiply(transposeA, transposeB, m, n, k, a, lda, b, ldb, accumulate, c, ldc);
            return;
        }
        boolean rightIsShared = n <= m;
        int sharedRows = rightIsShared ? n : m;
        int streamedRows = rightIsShared ? m : n;
        int blocks = Math.ceilDiv(k, MAXIMUM_K);
        int blockK = roundUp(Math.ceilDiv(k, blocks), 32);
        int rows = Math.min(
                roundUp(Math.ceilDiv(streamedRows, PIECES), 32), Math.max(32, PIECE_BYTES / (2 * blockK) / 32 * 32));
        long shared = sharedScratch.reserve(AmxLeaf.packedBytes(sharedRows, blockK));
        long pieceBytes = AmxLeaf.packedBytes(rows, blockK);
        for (int p = 0; p < k; p += blockK) {
            int from = p;
            int kk = Math.min(blockK, k - p);
            boolean add = accumulate || p > 0;
            pool.run(Math.ceilDiv(sharedRows, PACK_ROWS), piece -> {
                int row = piece * PACK_ROWS;
                int count = Math.min(PACK_ROWS, sharedRows - row);
                long to = shared + AmxLeaf.packedBytes(row, kk);
                if (rightIsShared) {
                    leaf.pack(true, transposeB, count, kk, element(b, ldb, transposeB, row, from), ldb, to);
                } else {
                    leaf.pack(false, !transposeA, count, kk, element(a, lda, !transposeA, row, from), lda, to);
                }
            });
            pool.run(Math.ceilDiv(streamedRows, rows), piece -> {
                int row = piece * rows;
                int count = Math.min(rows, streamedRows - row);
                long scratch = pieceScratch.reserve(pieceBytes);
                if (rightIsShared) {
                    long source = element(a, lda, !transposeA, row, from);
                    long to = c + row * ldc * Float.BYTES;
                    leaf.multiplyHalfPacked(
                            true, count, n, kk, source, lda, !transposeA, shared, scratch, add, to, ldc);
                } else {
                    long source = element(b, ldb, transposeB, row, from);
                    long to = c + (long) row * Float.BYTES;
                    leaf.multiplyHalfPacked(
                            false, m, count, kk, source, ldb, transposeB, shared, scratch, add, to, ldc);
                }
            });
        }
    }

    /** Address of (row, k) of an operand whose k or whose rows run along memory. */
    private static long element(long base, long ld, boolean kContiguous, long row, long k) {
        return base + (kContiguous ? row * ld + k : k * ld + row) * Float.BYTES;
    }

    private static int roundUp(int value, int multiple) {
        return Math.ceilDiv(value, multiple) * multiple;
    }

    @Override
    public String name() {
        return "AMX bf16";
    }
}
