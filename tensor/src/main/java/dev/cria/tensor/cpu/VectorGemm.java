package dev.cria.tensor.cpu;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Matrix product with the Vector API, blocked for caches and registers as in Goto and van de Geijn, "Anatomy of High-Performance Matrix
 * Multiplication" (ACM TOMS 34, 2008): a block of B is packed for the first cache, a block of A for the second, and a register tile runs over
 * both. Every element of C is one chain of fused multiply-adds in the order of k, whatever its place.
 */
final class VectorGemm implements Gemm {
    /** Two vectors of a 512-bit machine need 32 registers for 12 rows; narrower machines have 16. */
    private static final boolean TALL = Vectors.LANES >= 16;

    private static final int TILE_ROWS = TALL ? VectorTile12x2.ROWS : VectorTile6x2.ROWS;
    private static final int TILE_COLUMNS = 2 * Vectors.LANES;

    /** Depth of a block: a tile's columns of B, 320 · 32 floats, fit the first cache. */
    private static final int MAXIMUM_DEPTH = 320;

    /** Rows of A in a block: 192 · 320 floats are a quarter of a megabyte. */
    private static final int BLOCK_ROWS = 192;

    /** Columns of B in a block: with the depth 1.3 MB. */
    private static final int BLOCK_COLUMNS = 1024;

    private final ThreadLocal<Buffers> buffers = ThreadLocal.withInitial(Buffers::new);

    @Override
    public String name() {
        return "vector";
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
        if (k == 0 || m == 0 || n == 0) {
            if (!accumulate) {
                for (int i = 0; i < m; i++) {
                    Native.zero(c + i * ldc * Float.BYTES, (long) n * Float.BYTES);
                }
            }
            return;
        }
        int depths = (k + MAXIMUM_DEPTH - 1) / MAXIMUM_DEPTH;
        int depth = (k + depths - 1) / depths;
        int rows = roundUp(Math.min(m, BLOCK_ROWS), TILE_ROWS);
        int columns = roundUp(Math.min(n, BLOCK_COLUMNS), TILE_COLUMNS);
        Buffers buffers = this.buffers.get();
        buffers.ensure(rows * depth, columns * depth);
        for (int j = 0; j < n; j += columns) {
            int width = Math.min(columns, n - j);
            for (int p = 0; p < k; p += depth) {
                int deep = Math.min(depth, k - p);
                boolean adds = accumulate || p > 0;
                long fromB = b + (transposeB ? j * ldb + p : p * ldb + j) * Float.BYTES;
                Packing.pack(buffers.b, TILE_COLUMNS, transposeB, fromB, ldb, width, deep);
                for (int i = 0; i < m; i += rows) {
                    int height = Math.min(rows, m - i);
                    long fromA = a + (transposeA ? p * lda + i : i * lda + p) * Float.BYTES;
                    Packing.pack(buffers.a, TILE_ROWS, !transposeA, fromA, lda, height, deep);
                    block(height, width, deep, buffers, adds, c + (i * ldc + j) * Float.BYTES, ldc);
                }
            }
        }
    }

    /** One packed block of A by one of B. */
    private static void block(int height, int width, int deep, Buffers buffers, boolean accumulate, long c, long ldc) {
        for (int j = 0; j < width; j += TILE_COLUMNS) {
            for (int i = 0; i < height; i += TILE_ROWS) {
                tile(deep, buffers, i * deep, j * deep, width - j <= Vectors.LANES);
                int rows = Math.min(TILE_ROWS, height - i);
                int columns = Math.min(TILE_COLUMNS, width - j);
                long corner = c + (i * ldc + j) * Float.BYTES;
                if (columns == TILE_COLUMNS) {
                    putWhole(buffers.tile, rows, accumulate, corner, ldc * Float.BYTES);
                } else {
                    putEdge(buffers.tile, rows, columns, accumulate, corner, ldc * Float.BYTES);
                }
            }
        }
    }

    private static void tile(int deep, Buffers buffers, int i, int j, boolean narrow) {
        if (TALL) {
            if (narrow) {
                VectorTile12x1.multiply(deep, buffers.a, i, buffers.b, j, buffers.tile);
            } else {
                VectorTile12x2.multiply(deep, buffers.a, i, buffers.b, j, buffers.tile);
            }
        } else if (narrow) {
            VectorTile6x1.multiply(deep, buffers.a, i, buffers.b, j, buffers.tile);
        } else {
            VectorTile6x2.multiply(deep, buffers.a, i, buffers.b, j, buffers.tile);
        }
    }

    private static void putWhole(float[] tile, int rows, boolean accumulate, long c, long rowBytes) {
        for (int i = 0; i < rows; i++) {
            FloatVector l = FloatVector.fromArray(Vectors.SPECIES, tile, i * TILE_COLUMNS);
            FloatVector r = FloatVector.fromArray(Vectors.SPECIES, tile, i * TILE_COLUMNS + Vectors.LANES);
            if (accumulate) {
                l = l.add(Vectors.load(c));
                r = r.add(Vectors.load(c + Vectors.BYTES));
            }
            Vectors.store(l, c);
            Vectors.store(r, c + Vectors.BYTES);
            c += rowBytes;
        }
    }

    private static void putEdge(float[] tile, int rows, int columns, boolean accumulate, long c, long rowBytes) {
        for (int j = 0; j < columns; j += Vectors.LANES) {
            VectorMask<Float> inside = Vectors.first(columns - j);
            long at = c + (long) j * Float.BYTES;
            for (int i = 0; i < rows; i++) {
                FloatVector value = FloatVector.fromArray(Vectors.SPECIES, tile, i * TILE_COLUMNS + j);
                Vectors.store(accumulate ? value.add(Vectors.load(at, inside)) : value, at, inside);
                at += rowBytes;
            }
        }
    }

    /** One thread's packed blocks. */
    private static final class Buffers {
        private final float[] tile = new float[TILE_ROWS * TILE_COLUMNS];
        private float[] a = {};
        private float[] b = {};

        void ensure(int sizeA, int sizeB) {
            if (a.length < sizeA) {
                a = new float[sizeA];
            }
            if (b.length < sizeB) {
                b = new float[sizeB];
            }
        }
    }

    private static int roundUp(int value, int multiple) {
        return (value + multiple - 1) / multiple * multiple;
    }
}
