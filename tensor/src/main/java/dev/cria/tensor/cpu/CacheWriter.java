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
        for (int n = 0; n < qkv.size(0); n++) {
            token(keys, values, past + n, qkv, n, toHalves);
        }
    }

    /** See the {@link dev.cria.tensor.Kernels#storeKeysValues} of several sequences. */
    static void store(Tensor keys, Tensor values, Tensor qkv, CachePlaces places, ToHalves toHalves) {
        for (int n = 0; n < places.count(); n++) {
            if (places.slot(n) >= 0) {
                long row = (long) places.slot(n) * places.capacity() + places.position(n);
                token(keys, values, row, qkv, n, toHalves);
            }
        }
    }

    /** Token n of qkv to a row of K heads. */
    private static void token(Tensor keys, Tensor values, long row, Tensor qkv, int n, ToHalves toHalves) {
        long heads = qkv.dim(1);
        long E = qkv.dim(2);
        long count = keys.dim(-2) * E;
        DType type = keys.dtype();
        long rowBytes = type.bytes(count);
        long from = qkv.data().address() + ((n + 1) * heads * E - 2 * count) * Float.BYTES;
        row(keys.data().address() + row * rowBytes, type, from, count, toHalves);
        row(values.data().address() + row * rowBytes, type, from + count * Float.BYTES, count, toHalves);
    }

    private static void row(long to, DType type, long from, long count, ToHalves toHalves) {
        if (type == DType.F16) {
            toHalves.round(count, from, to);
        } else {
            ScalarConvert.convert(to, type, from, DType.F32, count);
        }
    }
}
