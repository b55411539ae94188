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

    static void cache(Tensor keys, Tensor values, long past, long N) {
        Shapes.live("keys", keys);
        Shapes.live("values", values);
        if (keys.rank() != 3 || !isCacheType(keys.dtype())) {
            throw new IllegalArgumentException("keys is " + keys);
        }
        if (values.dtype() != keys.dtype() || !values.hasShapeOf(keys)) {
            throw new IllegalArgumentException("keys are " + keys + " and values " + values);
        }
        if (keys.dim(2) % keys.dtype().blockSize() != 0) {
            throw new IllegalArgumentException("heads of " + keys.dim(2) + " are no whole blocks of " + keys.dtype());
        }
        if (past < 0 || past + N > keys.dim(0)) {
            throw new IllegalArgumentException(past + " past and " + N + " new tokens do not fit the cache " + keys);
        }
    }

    private static boolean isCacheType(DType dtype) {
        return dtype == DType.F32 || dtype == DType.F16 || dtype == DType.BF16 || dtype == DType.Q8_0;
    }
}
