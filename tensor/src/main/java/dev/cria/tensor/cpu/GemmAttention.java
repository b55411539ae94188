package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.load;

import jdk.incubator.vector.FloatVector;

/**
 * Attention of one head by products of blocks (FlashAttention-2, arXiv 2307.08691), for every machine and head size: scores exist for one
 * block at a time.
 */
final class GemmAttention implements HeadAttention {
    private static final int ROWS = QueryBlock.ROWS;
    private static final int KEYS = QueryBlock.KEYS;
    private static final long BLOCK_BYTES = (long) ROWS * KEYS * Float.BYTES;

    private final Gemm gemm;
    private final ThreadScratch scratch = new ThreadScratch();

    GemmAttention(Gemm gemm) {
        this.gemm = gemm;
    }

    @Override
    public int rows(int E) {
        return ROWS;
    }

    @Override
    public void forward(
            long out,
            long outRow,
            long logSumExp,
            long q,
            long qRow,
            long keys,
            long values,
            long keyRow,
            int rows,
            int position,
            int E) {
        new QueryBlock(gemm, scratch.reserve(QueryBlock.SCRATCH_BYTES))
                .forward(out, outRow, logSumExp, q, qRow, keys, values, keyRow, rows, position, E);
    }

    @Override
    public void backward(long dQkv, long dOut, long out, long logSumExp, long qkv, AttentionShape shape, int b, int k) {
        long deltas = scratch.reserve(2 * BLOCK_BYTES + (long) shape.group() * shape.T() * Float.BYTES);
        long p = deltas + (long) shape.group() * shape.T() * Float.BYTES;
        Backward backward =
                new Backward(gemm, shape, b, k, dQkv, dOut, out, logSumExp, qkv, deltas, p, p + BLOCK_BYTES);
        backward.sumDeltas();
        for (int key = 0; key < shape.T(); key += KEYS) {
            backward.keyBlock(key, Math.min(KEYS, shape.T() - key));
        }
    }

    /** The backward pass of one key head of one sequence and the query heads that share it. */
    private record Backward(
            Gemm gemm,
            AttentionShape shape,
            int b,
            int k,
            long dQkv,
            long dOut,
            long out,
            long logSumExp,
            long qkv,
            long deltas,
            long p,
            long ds) {

        /** delta[g, t] = Σ_e dOut·out: what the softmax's backward takes off every row. */
        void sumDeltas() {
            for (int g = 0; g < shape.group(); g++) {
                for (int t = 0; t < shape.T(); t++) {
                    long row = shape.out(b, t, k * shape.group() + g);
                    Native.setFloat(deltas, (long) g * shape.T() + t, VectorSums.dot(dOut + row, out + row, shape.E()));
                }
            }
        }

        /** Finishes dK and dV of {@code width} keys, and adds what these keys give to dQ of every query that sees them. */
        void keyBlock(int key, int width) {
            // From the last queries, which see all of these keys: the first block assigns every sum, the others add to
            // theirs.
            int last = (shape.T() - 1) / ROWS * ROWS;
            for (int g = 0; g < shape.group(); g++) {
                for (int t = last; t + ROWS > key; t -= ROWS) {
                    int rows = Math.min(ROWS, shape.T() - t);
                    blocks(key, Math.min(width, t + rows - key), g, t, rows, g > 0 || t < last);
                }
            }
        }

        private void blocks(int key, int width, int g, int t, int rows, boolean accumulate) {
            int E = shape.E();
            int h = k * shape.group() + g;
            long row = shape.qkvRow();
            long q = qkv + shape.qkv(b, t, h);
            long keys = qkv + shape.qkv(b, key, shape.H() + k);
            long values = qkv + shape.qkv(b, key, shape.H() + shape.K() + k);
            long outputs = dOut + shape.out(b, t, h);
            gemm.multiply(false, true, rows, width, E, q, row, keys, row, false, p, KEYS);
            gemm.multiply(false, true, rows, width, E, outputs, shape.outRow(), values, row, false, ds, KEYS);
            float scale = (float) (1 / Math.sqrt(E));
            for (int i = 0; i < rows; i++) {
                int visible = Math.clamp(t + i + 1L - key, 0, width);
                long at = (long) i * KEYS * Float.BYTES;
                int seen = QueryBlock.hide(p + at, visible, width);
                QueryBlock.hide(ds + at, seen, width);
                float lse = Native.getFloat(logSumExp + shape.logSumExp(b, h, t + i));
                VectorSoftmax.exponentials(p + at, seen, scale, lse);
                float delta = Native.getFloat(deltas, (long) g * shape.T() + t + i);
                scoreGradient(ds + at, p + at, seen, delta, scale);
            }
            long dKeys = dQkv + shape.qkv(b, key, shape.H() + k);
            long dValues = dQkv + shape.qkv(b, key, shape.H() + shape.K() + k);
            long dQueries = dQkv + shape.qkv(b, t, h);
            gemm.multiply(true, false, width, E, rows, p, KEYS, outputs, shape.outRow(), accumulate, dValues, row);
            gemm.multiply(true, false, width, E, rows, ds, KEYS, q, row, accumulate, dKeys, row);
            gemm.multiply(false, false, rows, E, width, ds, KEYS, keys, row, key > 0, dQueries, row);
        }

        /** ds = p·(ds − delta)·scale over whole vectors; hidden scores have p = 0, and their ds is finite. */
        private static void scoreGradient(long ds, long p, int count, float delta, float scale) {
            FloatVector less = Vectors.splat(delta);
            FloatVector by = Vectors.splat(scale);
            for (long i = 0; i < (long) count * Float.BYTES; i += Vectors.BYTES) {
                Vectors.store(load(ds + i).sub(less).mul(load(p + i)).mul(by), ds + i);
            }
        }
    }
}
