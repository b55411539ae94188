package dev.cria.tensor;

/** Checks of what attention reads and writes, on top of {@link Shapes}. */
final class AttentionShapes {
    private AttentionShapes() {}

    static void heads(Tensor out, Tensor logSumExp, Tensor qkv, DType a, int B, int T, int H, int K) {
        if (B < 0 || T < 0) {
            throw new IllegalArgumentException("a batch of " + B + " sequences of " + T + " tokens");
        }
        grouped(H, K);
        Shapes.rank("qkv", qkv, a, 3);
        long rows = (long) B * T;
        long E = qkv.dim(2);
        Shapes.exactly("qkv", qkv, a, rows, H + 2L * K, E);
        Shapes.matrix("out", out, a, rows, H * E);
        Shapes.floats("logSumExp", logSumExp, B, H, T);
    }

    static void grouped(long H, long K) {
        if (H <= 0 || K <= 0 || H % K != 0) {
            throw new IllegalArgumentException(H + " query heads cannot share " + K + " key and value heads evenly");
        }
    }

    /** The cache of one sequence, [C, K, E], with room for N tokens. */
    static void cache(Tensor keys, Tensor values, long past, long N) {
        cache(keys, values, 3);
        if (past < 0 || past + N > keys.dim(0)) {
            throw new IllegalArgumentException(past + " past and " + N + " new tokens do not fit the cache " + keys);
        }
    }

    /** The caches of several sequences, [S, C, K, E], and a place in them for each of N tokens. */
    static void slots(Tensor keys, Tensor values, Tensor slots, Tensor positions, long N) {
        cache(keys, values, 4);
        Shapes.ints("slots", slots, N);
        Shapes.ints("positions", positions, N);
    }

    private static void cache(Tensor keys, Tensor values, int rank) {
        Shapes.live("keys", keys);
        Shapes.live("values", values);
        if (keys.rank() != rank || !isCacheType(keys.dtype())) {
            throw new IllegalArgumentException("keys is " + keys);
        }
        if (values.dtype() != keys.dtype() || !values.hasShapeOf(keys)) {
            throw new IllegalArgumentException("keys are " + keys + " and values " + values);
        }
        if (keys.dim(-1) % keys.dtype().blockSize() != 0) {
            throw new IllegalArgumentException("heads of " + keys.dim(-1) + " are no whole blocks of " + keys.dtype());
        }
    }

    /** What goes into a cache, [N, H+2K, E]. */
    static void fresh(Tensor keys, Tensor values, Tensor qkv) {
        Shapes.rank("qkv", qkv, DType.F32, 3);
        if (qkv.dim(2) != keys.dim(-1) || qkv.dim(1) <= 2 * keys.dim(-2)) {
            throw new IllegalArgumentException("qkv is " + qkv + ", which does not fit the cache " + keys);
        }
        Shapes.apart("keys", keys, "qkv", qkv);
        Shapes.apart("values", values, "qkv", qkv);
    }

    /** What attends over a cache, and where the result goes. */
    static void queries(Tensor out, Tensor q, Tensor keys, int H) {
        Shapes.rank("q", q, DType.F32, 3);
        long E = keys.dim(-1);
        long K = keys.dim(-2);
        grouped(H, K);
        if (q.dim(2) != E || (q.dim(1) != H && q.dim(1) != H + 2 * K)) {
            throw new IllegalArgumentException(
                    "q is " + q + ", expected [N, " + H + ", " + E + "] or [N, " + (H + 2 * K) + ", " + E + "]");
        }
        Shapes.matrix("out", out, DType.F32, q.dim(0), H * E);
        Shapes.apart("out", out, "q", q);
    }

    private static boolean isCacheType(DType dtype) {
        return dtype == DType.F32 || dtype == DType.F16 || dtype == DType.BF16 || dtype == DType.Q8_0;
    }
}
