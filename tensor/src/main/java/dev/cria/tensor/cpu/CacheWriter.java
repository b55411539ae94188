package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;

/** Puts new keys and values into a cache. There is little to do, so the calling thread does it. */
final class CacheWriter {
    /** Rounds floats to F16. */
    @FunctionalInterface
    interface ToHalves {
        void round(long count, long from, long to);
    }

    private CacheWriter() {}

    /** See {@link dev.cria.tensor.Kernels#storeKeysValues}. */
    static void store(Tensor keys, Tensor values, Tensor qkv, int past, ToHalves toHalves) {
        int K = keys.size(1);
        int E = keys.size(2);
        long heads = qkv.dim(1);
        long count = (long) K * E;
        DType type = keys.dtype();
        long rowBytes = type.bytes(count);
        long toKeys = keys.data().address() + past * rowBytes;
        long toValues = values.data().address() + past * rowBytes;
        for (long n = 0; n < qkv.dim(0); n++) {
            long from = qkv.data().address() + (n * heads + heads - 2 * K) * E * Float.BYTES;
            row(toKeys + n * rowBytes, type, from, count, toHalves);
            row(toValues + n * rowBytes, type, from + count * Float.BYTES, count, toHalves);
        }
    }

    private static void row(long to, DType type, long from, long count, ToHalves toHalves) {
        if (type == DType.F16) {
            toHalves.round(count, from, to);
        } else {
            ScalarConvert.convert(to, type, from, DType.F32, count);
        }
    }
}
