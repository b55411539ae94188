package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.store;

import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/** Attention of new tokens over a cache of keys and values: a few tokens one query at a time, more of them in blocks as in training. */
final class CachedAttention {
    /** Rows of a cache that are widened in a piece. */
    private static final int WIDENED_ROWS = 64;

    private final WorkerPool pool;
    private final Optional<QuantLeaf> leaf;
    private final HeadAttention heads;
    private final ThreadScratch scratch = new ThreadScratch();
    private final ThreadScratch wide = new ThreadScratch();

    /**
     * @param leaf attends for few tokens and widens caches, where the machine executes it
     * @param heads attention of many tokens
     */
    CachedAttention(WorkerPool pool, Optional<QuantLeaf> leaf, HeadAttention heads) {
        this.pool = pool;
        this.leaf = leaf;
        this.heads = heads;
    }

    /** See {@link Kernels#attentionCached}; {@code qRow} floats lie between the queries of two tokens. */
    void forward(
            long out, long q, long qRow, long keys, long values, DType type, int N, int past, int H, int K, int E) {
        if (N <= Kernels.FEW_ROWS) {
            few(out, q, qRow, keys, values, type, N, past, H, K, E);
        } else {
            many(out, q, qRow, keys, values, type, N, past, H, K, E);
        }
    }

    /** Token by token: each sees what it would see alone. */
    private void few(
            long out, long q, long qRow, long keys, long values, DType type, int N, int past, int H, int K, int E) {
        int group = H / K;
        pool.run(K, k -> attend(out, q, qRow, keys, values, type, 0, N, past, k, group, K, E));
    }

    /** See the {@link Kernels#attentionCached} of several sequences. */
    void slots(
            long out, long q, long qRow, long keys, long values, DType type, CachePlaces places, int H, int K, int E) {
        int group = H / K;
        long slotBytes = type.bytes((long) places.capacity() * K * E);
        pool.run(places.count() * K, piece -> {
            int n = piece / K;
            int k = piece % K;
            int slot = places.slot(n);
            if (slot < 0) {
                long to = out + ((long) n * H + (long) k * group) * E * Float.BYTES;
                Native.zero(to, (long) group * E * Float.BYTES);
                return;
            }
            long from = slot * slotBytes;
            attend(out, q, qRow, keys + from, values + from, type, n, 1, places.position(n), k, group, K, E);
        });
    }

    /** The query heads that share key head k, of tokens {@code first} to {@code first + N} at positions {@code past} and after. */
    private void attend(
            long out,
            long q,
            long qRow,
            long keys,
            long values,
            DType type,
            int first,
            int N,
            int past,
            int k,
            int group,
            int K,
            int E) {
        long rowBytes = type.bytes((long) K * E);
        long key = keys + k * type.bytes(E);
        long value = values + k * type.bytes(E);
        boolean direct = leaf.isPresent() && E <= QuantLeaf.MAXIMUM_HEAD;
        long row = type == DType.F32 ? (long) K * E : E;
        long wideKeys = key;
        long wideValues = value;
        if (!direct && type != DType.F32) {
            long wideBytes = (long) (past + N) * E * Float.BYTES;
            wideKeys = wide.reserve(2 * wideBytes);
            wideValues = wideKeys + wideBytes;
            widen(wideKeys, key, rowBytes, type, past + N, E);
            widen(wideValues, value, rowBytes, type, past + N, E);
        }
        for (int n = 0; n < N; n++) {
            long from = q + ((first + n) * qRow + (long) k * group * E) * Float.BYTES;
            long to = out + ((long) (first + n) * K + k) * group * E * Float.BYTES;
            int count = past + n + 1;
            if (direct) {
                long sums = scratch.reserve(8L * group);
                leaf.orElseThrow().attend(type, group, count, E, from, key, value, rowBytes, to, sums);
            } else {
                for (int g = 0; g < group; g++) {
                    long head = (long) g * E * Float.BYTES;
                    query(to + head, from + head, wideKeys, wideValues, row, count, E);
                }
            }
        }
    }

    /** Blocks of tokens, as in training; a narrow cache is widened once for all of them. */
    private void many(
            long out, long q, long qRow, long keys, long values, DType type, int N, int past, int H, int K, int E) {
        int count = past + N;
        long rowBytes = type.bytes((long) K * E);
        long wideBytes = (long) count * K * E * Float.BYTES;
        boolean narrow = type != DType.F32;
        long wideKeys = narrow ? wide.reserve(2 * wideBytes) : keys;
        long wideValues = narrow ? wideKeys + wideBytes : values;
        if (narrow) {
            pool.run(Math.ceilDiv(count, WIDENED_ROWS), piece -> {
                int first = piece * WIDENED_ROWS;
                int rows = Math.min(WIDENED_ROWS, count - first);
                long to = (long) first * K * E * Float.BYTES;
                widen(wideKeys + to, keys + first * rowBytes, rowBytes, type, rows, K * E);
                widen(wideValues + to, values + first * rowBytes, rowBytes, type, rows, K * E);
            });
        }
        long keyRow = (long) K * E;
        long outRow = (long) H * E;
        int rows = heads.rows(E);
        int blocks = Math.ceilDiv(N, rows);
        pool.run(blocks * H, piece -> {
            int n = (blocks - 1 - piece / H) * rows;
            int h = piece % H;
            long head = (long) (h / (H / K)) * E * Float.BYTES;
            heads.forward(
                    out + (n * outRow + (long) h * E) * Float.BYTES,
                    outRow,
                    0,
                    q + (n * qRow + (long) h * E) * Float.BYTES,
                    qRow,
                    wideKeys + head,
                    wideValues + head,
                    keyRow,
                    Math.min(rows, N - n),
                    past + n,
                    E);
        });
    }

    /** Rows of {@code width} elements, {@code rowBytes} apart, to rows of as many floats. */
    private void widen(long to, long from, long rowBytes, DType type, int rows, int width) {
        if (leaf.isPresent()) {
            leaf.get().widen(type, rows, width, from, rowBytes, to);
            return;
        }
        for (int i = 0; i < rows; i++) {
            VectorConvert.convert(to + (long) i * width * Float.BYTES, DType.F32, from + i * rowBytes, type, width);
        }
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
