package dev.cria.tensor.cpu;

/**
 * Gradients of weights, Aᵀ·B, in float32 with AVX-512, spread over the pool; all other products go on to oneDNN, which is faster there and a
 * seventh slower here. For each block of the summed dimension, one operand is packed once by all workers together and shared; the other is cut
 * into pieces, and whoever takes a piece packs it for itself while it is in cache. So nothing is packed twice, and where the cuts lie depends
 * on the shape alone: results are the same for any number of threads.
 */
final class Avx512MatMul implements Gemm {
    /** Longest block of the sum: a panel of the left operand then fills a third of the first cache. */
    private static final int MAXIMUM_K = 512;

    /** A right operand that all pieces read, at most: not much more than a second cache. */
    private static final int SHARED_RIGHT_BYTES = 2560 << 10;

    /** Enough pieces that some workers finish together. */
    private static final int PIECES = 16;

    /** Rows and columns of a piece at most: its operand stays in the second cache. */
    private static final int MAXIMUM_ROWS = 256;

    private static final int MAXIMUM_COLUMNS = 192;

    /** Rows or columns that are packed together. */
    private static final int PACK = 48;

    /** With fewer rows or a shorter sum, packing does not pay. */
    private static final int LEAST_SIDE = 8;

    private final Avx512Leaf leaf;
    private final WorkerPool pool;
    private final Gemm others;
    private final ThreadScratch pieceScratch = new ThreadScratch();
    private final ThreadScratch sharedScratch = new ThreadScratch();

    /** @param others multiplies where A is not transposed, or small */
    Avx512MatMul(Avx512Leaf leaf, WorkerPool pool, Gemm others) {
        this.leaf = leaf;
        this.pool = pool;
        this.others = others;
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
        if (!transposeA || transposeB || m < LEAST_SIDE || k < LEAST_SIDE) {
            others.multiply(transposeA, transposeB, m, n, k, a, lda, b, ldb, accumulate, c, ldc);
            return;
        }
        long fitting = SHARED_RIGHT_BYTES / Math.max(1, Avx512Leaf.rightBytes(n, 1));
        boolean sharesRight = n <= m && fitting >= MAXIMUM_K / 2;
        int longest = sharesRight ? (int) Math.min(MAXIMUM_K, fitting) : MAXIMUM_K;
        int depth = Math.ceilDiv(k, Math.ceilDiv(k, longest));
        for (int p = 0; p < k; p += depth) {
            Block block = new Block(
                    m,
                    n,
                    Math.min(depth, k - p),
                    a + p * lda * Float.BYTES,
                    lda,
                    b + p * ldb * Float.BYTES,
                    ldb,
                    accumulate || p > 0,
                    c,
                    ldc);
            if (sharesRight) {
                shareRight(block);
            } else {
                shareLeft(block);
            }
        }
    }

    /** The part of a product that comes of a block of the sum: A[k, m], B[k, n]. */
    private record Block(
            int m, int n, int k, long a, long lda, long b, long ldb, boolean accumulate, long c, long ldc) {
        void packLeft(Avx512Leaf leaf, int i, int count, long to) {
            leaf.packLeft(count, k, a + (long) i * Float.BYTES, lda, to);
        }

        void packRight(Avx512Leaf leaf, int j, int count, long to) {
            leaf.packRight(count, k, b + (long) j * Float.BYTES, ldb, to);
        }

        void multiply(Avx512Leaf leaf, int i, int height, int j, int width, long left, long right) {
            leaf.multiply(height, width, k, left, right, accumulate, c + (i * ldc + j) * Float.BYTES, ldc);
        }
    }

    /** Pieces are rows of C. */
    private void shareRight(Block block) {
        int k = block.k();
        int m = block.m();
        int n = block.n();
        long shared = sharedScratch.reserve(Avx512Leaf.rightBytes(n, k));
        pool.run(Math.ceilDiv(n, PACK), piece -> {
            int j = piece * PACK;
            block.packRight(leaf, j, Math.min(PACK, n - j), shared + Avx512Leaf.rightBytes(j, k));
        });
        int rows = side(m, Avx512Leaf.LEFT, MAXIMUM_ROWS);
        pool.run(Math.ceilDiv(m, rows), piece -> {
            int i = piece * rows;
            int height = Math.min(rows, m - i);
            long left = pieceScratch.reserve(Avx512Leaf.leftBytes(rows, k));
            block.packLeft(leaf, i, height, left);
            block.multiply(leaf, i, height, 0, n, left, shared);
        });
    }

    /** Pieces are columns of C. */
    private void shareLeft(Block block) {
        int k = block.k();
        int m = block.m();
        int n = block.n();
        long shared = sharedScratch.reserve(Avx512Leaf.leftBytes(m, k));
        pool.run(Math.ceilDiv(m, PACK), piece -> {
            int i = piece * PACK;
            block.packLeft(leaf, i, Math.min(PACK, m - i), shared + Avx512Leaf.leftBytes(i, k));
        });
        int columns = side(n, Avx512Leaf.RIGHT, MAXIMUM_COLUMNS);
        pool.run(Math.ceilDiv(n, columns), piece -> {
            int j = piece * columns;
            int width = Math.min(columns, n - j);
            long right = pieceScratch.reserve(Avx512Leaf.rightBytes(columns, k));
            block.packRight(leaf, j, width, right);
            block.multiply(leaf, 0, m, j, width, shared, right);
        });
    }

    /** Length of a piece: whole panels, at least {@link #PIECES} pieces where there are so many panels. */
    private static int side(int length, int panel, int most) {
        int even = Math.ceilDiv(length, PIECES);
        return Math.min(most, Math.ceilDiv(even, panel) * panel);
    }

    @Override
    public String name() {
        return "AVX-512 and " + others.name();
    }
}
