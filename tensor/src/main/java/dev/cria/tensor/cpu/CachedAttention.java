package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.store;

import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import jdk.incubator.vector.FloatVector;

/** Attention of new tokens over a cache of keys and values: a few tokens one query at a time, more of them in blocks as in training. */
final class CachedAttention {
    private final WorkerPool pool;
    private final HeadAttention heads;
    private final ThreadScratch scratch = new ThreadScratch();

    CachedAttention(WorkerPool pool, HeadAttention heads) {
        this.pool = pool;
        this.heads = heads;
    }

    /** See {@link dev.cria.tensor.Kernels#attentionCached}; {@code qRow} floats lie between the queries of two tokens. */
    void forward(
            long out, long q, long qRow, long keys, long values, DType type, int N, int past, int H, int K, int E) {
        if (type != DType.F32) {
            ScalarAttention.cached(out, q, qRow, keys, values, type, N, past, H, K, E);
            return;
        }
        long keyRow = (long) K * E;
        long outRow = (long) H * E;
        int rows = N <= Kernels.FEW_ROWS ? 1 : heads.rows(E);
        int blocks = (N + rows - 1) / rows;
        pool.run(blocks * H, piece -> {
            int n = (blocks - 1 - piece / H) * rows;
            int h = piece % H;
            long head = (long) (h / (H / K)) * E * Float.BYTES;
            long to = out + (n * outRow + (long) h * E) * Float.BYTES;
            long from = q + (n * qRow + (long) h * E) * Float.BYTES;
            if (rows == 1) {
                query(to, from, keys + head, values + head, keyRow, past + n + 1, E);
            } else {
                heads.forward(
                        to,
                        outRow,
                        0,
                        from,
                        qRow,
                        keys + head,
                        values + head,
                        keyRow,
                        Math.min(rows, N - n),
                        past + n,
                        E);
            }
        });
    }

    /** One query over {@code count} keys, {@code keyRow} floats apart. */
    private void query(long out, long q, long keys, long values, long keyRow, int count, int E) {
        long scores = scratch.reserve((long) count * Float.BYTES);
        VectorMatVec.multiply(1, count, E, q, E, keys, keyRow, false, scores, count);
        float scale = (float) (1 / Math.sqrt(E));
        float sum = VectorSoftmax.exponentials(scores, count, scale, VectorSoftmax.maximum(scores, count) * scale);
        VectorElementwise.scale(scores, 1 / sum, count);
        int e = 0;
        for (; e + 4 * Vectors.LANES <= E; e += 4 * Vectors.LANES) {
            fourVectors(out + (long) e * Float.BYTES, scores, values + (long) e * Float.BYTES, keyRow, count);
        }
        for (; e < E; e += Vectors.LANES) {
            oneVector(out + (long) e * Float.BYTES, scores, values + (long) e * Float.BYTES, keyRow, count, E - e);
        }
    }

    /** Σ over keys of weight · value for four vectors of a head. */
    private static void fourVectors(long out, long weights, long values, long keyRow, int count) {
        FloatVector s0 = FloatVector.zero(Vectors.SPECIES);
        FloatVector s1 = s0;
        FloatVector s2 = s0;
        FloatVector s3 = s0;
        for (int i = 0; i < count; i++) {
            FloatVector weight = Vectors.splat(Native.getFloat(weights, i));
            s0 = weight.fma(load(values), s0);
            s1 = weight.fma(load(values + BYTES), s1);
            s2 = weight.fma(load(values + 2 * BYTES), s2);
            s3 = weight.fma(load(values + 3 * BYTES), s3);
            values += keyRow * Float.BYTES;
        }
        store(s0, out);
        store(s1, out + BYTES);
        store(s2, out + 2 * BYTES);
        store(s3, out + 3 * BYTES);
    }

    /** The same for one vector, or what is left of one. */
    private static void oneVector(long out, long weights, long values, long keyRow, int count, int lanes) {
        var inside = Vectors.first(lanes);
        FloatVector sum = FloatVector.zero(Vectors.SPECIES);
        for (int i = 0; i < count; i++) {
            sum = Vectors.splat(Native.getFloat(weights, i)).fma(load(values, inside), sum);
            values += keyRow * Float.BYTES;
        }
        store(sum, out, inside);
    }
}
