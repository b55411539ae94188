package dev.cria.cuda.kernels;

import dev.cria.base.UserError;
import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;

/** Caches of keys and values: new tokens go in ({@code cache_store.cu}), and attend ({@code attention_cached.cu}, or the kernels of training). */
final class CacheKernels {
    private static final int STORE_THREADS = 256;
    private static final int WIDEN_BLOCKS = 1024;

    /** Threads and keys of a chunk of {@code attention_cached.cu}. */
    private static final int THREADS = 128;

    private static final int KEYS = 64;
    private static final int MAXIMUM_CHUNKS = 64;

    /** The largest head of the plain kernel. */
    private static final int PLAIN_HEAD = 320;

    private final Cuda cuda;
    private final DType activationType;

    /** @param activationType BF16 lets many tokens attend on the tensor cores, rounded to it */
    CacheKernels(Cuda cuda, DType activationType) {
        this.cuda = cuda;
        this.activationType = activationType;
    }

    /** Where the tokens of a call stand: positions past, past+1, … of one cache, or each where device memory says. */
    private record Places(long slots, long positions, int past, int capacity) {
        static Places of(Tensor keys, int past) {
            return new Places(0, 0, past, keys.size(0));
        }

        static Places of(Tensor keys, Tensor slots, Tensor positions) {
            return new Places(slots.data().address(), positions.data().address(), 0, keys.size(1));
        }
    }

    /** See {@link Kernels#storeKeysValues(Tensor, Tensor, Tensor, int)}. */
    void store(Tensor keys, Tensor values, Tensor qkv, int past) {
        store(keys, values, qkv, Places.of(keys, past));
    }

    /** See {@link Kernels#storeKeysValues(Tensor, Tensor, Tensor, Tensor, Tensor)}. */
    void store(Tensor keys, Tensor values, Tensor qkv, Tensor slots, Tensor positions) {
        store(keys, values, qkv, Places.of(keys, slots, positions));
    }

    private void store(Tensor keys, Tensor values, Tensor qkv, Places places) {
        int K = keys.size(-2);
        int E = keys.size(-1);
        String kernel = switch (keys.dtype()) {
            case F32 -> "store_keys_values_f32";
            case F16 -> "store_keys_values_f16";
            case BF16 -> "store_keys_values_bf16";
            case Q8_0 -> "store_keys_values_q8_0";
            default -> throw new IllegalArgumentException("a cache of " + keys.dtype());
        };
        cuda.modules()
                .of("cache_store", DType.F32)
                .kernel(kernel)
                .call()
                .tensor(keys)
                .tensor(values)
                .tensor(qkv)
                .pointer(places.slots)
                .pointer(places.positions)
                .int32(places.past)
                .int32(places.capacity)
                .int32(qkv.dim(1))
                .int32(K)
                .int32(E)
                .launch(Math.ceilDiv(K * E, STORE_THREADS), qkv.size(0), 1, STORE_THREADS, 0);
    }

    /** See {@link Kernels#attentionCached(Tensor, Tensor, Tensor, Tensor, int, int)}. */
    void attend(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H) {
        int N = q.size(0);
        if (N <= Kernels.FEW_ROWS) {
            few(out, q, keys, values, Places.of(keys, past), past + N, H);
        } else {
            many(out, q, keys, values, past, H);
        }
    }

    /** See {@link Kernels#attentionCached(Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, int)}. */
    void attend(Tensor out, Tensor q, Tensor keys, Tensor values, Tensor slots, Tensor positions, int H) {
        few(out, q, keys, values, Places.of(keys, slots, positions), keys.size(1), H);
    }

    /** @param longest no token's context is longer */
    private void few(Tensor out, Tensor q, Tensor keys, Tensor values, Places places, int longest, int H) {
        int N = q.size(0);
        int K = keys.size(-2);
        int E = keys.size(-1);
        int chunks = Math.min(MAXIMUM_CHUNKS, Math.ceilDiv(longest, KEYS));
        Scratch partial =
                cuda.scratch("attention's chunks", chunks == 1 ? 0 : (long) N * H * chunks * (E + 2) * Float.BYTES);
        String kernel = switch (keys.dtype()) {
            case F32 -> "attention_cached_f32";
            case F16 -> "attention_cached_f16";
            case BF16 -> "attention_cached_bf16";
            case Q8_0 -> "attention_cached_q8_0";
            default -> throw new IllegalArgumentException("a cache of " + keys.dtype());
        };
        cuda.modules()
                .of("attention_cached", DType.F32)
                .kernel(kernel)
                .call()
                .tensor(out)
                .scratch(partial)
                .tensor(q)
                .tensor(keys)
                .tensor(values)
                .pointer(places.slots)
                .pointer(places.positions)
                .int32(places.past)
                .int32(places.capacity)
                .int32(H)
                .int32(K)
                .int32(q.dim(1))
                .int32(E)
                .launch(chunks, K, N, THREADS, chunkBytes(E, H / K));
        if (chunks > 1) {
            cuda.modules()
                    .of("attention_cached", DType.F32)
                    .kernel("attention_combine")
                    .call()
                    .tensor(out)
                    .scratch(partial)
                    .pointer(places.slots)
                    .pointer(places.positions)
                    .int32(places.past)
                    .int32(places.capacity)
                    .int32(chunks)
                    .int32(H)
                    .int32(E)
                    .launch(H, N, 1, THREADS, 0);
        }
    }

    /** Shared memory of a chunk: tiles of keys and values; of each head its query, its sums, its scores and three numbers. */
    private static int chunkBytes(int E, int group) {
        int pitch = Math.ceilDiv(E, 4) * 4 + 4;
        int tile = E <= 128 ? KEYS : KEYS / 2;
        return (2 * tile * pitch + group * (2 * pitch + tile + 3)) * Float.BYTES;
    }

    private void many(Tensor out, Tensor q, Tensor keys, Tensor values, int past, int H) {
        int N = q.size(0);
        int K = keys.size(1);
        int E = keys.size(2);
        boolean flash = AttentionKernels.isFlash(activationType, E);
        if (!flash && E > PLAIN_HEAD) {
            throw new UserError(
                    "attention heads of " + E + " on a CUDA device",
                    "the largest are " + PLAIN_HEAD + "; use --device cpu");
        }
        DType type = flash ? DType.BF16 : DType.F32;
        long keysAt = plainNumbers(keys, past + N, type, "attention's keys");
        long valuesAt = plainNumbers(values, past + N, type, "attention's values");
        String module = flash ? "attention" : "attention_f32";
        String kernel =
                flash ? (E == 64 ? "attention_prefill_64" : "attention_prefill_128") : "attention_plain_prefill";
        var call = cuda.modules()
                .of(module, type)
                .kernel(kernel)
                .call()
                .tensor(out)
                .tensor(q)
                .pointer(keysAt)
                .pointer(valuesAt)
                .int32(N)
                .int32(past)
                .int32(H)
                .int32(K)
                .int32(q.dim(1));
        if (flash) {
            call.launch(H, Math.ceilDiv(N, 128), 1, 128, AttentionKernels.forwardBytes(E));
        } else {
            int rows = AttentionKernels.PLAIN_ROWS;
            int sharedBytes = AttentionKernels.plainForwardBytes(E);
            call.int32(E).launch(H, Math.ceilDiv(N, rows), 1, AttentionKernels.PLAIN_THREADS, sharedBytes);
        }
    }

    /** The first rows of a cache as numbers of one type: the cache itself, or a copy in scratch memory. */
    private long plainNumbers(Tensor cache, int rows, DType type, String purpose) {
        if (cache.dtype() == type) {
            return cache.data().address();
        }
        long count = (long) rows * cache.dim(1) * cache.dim(2);
        Scratch wide = cuda.scratch(purpose, type.bytes(count));
        String kernel = switch (cache.dtype()) {
            case F32 -> "widen_cache_f32";
            case F16 -> "widen_cache_f16";
            case BF16 -> "widen_cache_bf16";
            case Q8_0 -> "widen_cache_q8_0";
            default -> throw new IllegalArgumentException("a cache of " + cache.dtype());
        };
        cuda.modules()
                .of("cache_store", type)
                .kernel(kernel)
                .call()
                .scratch(wide)
                .tensor(cache)
                .int64(count)
                .launch(Math.min(WIDEN_BLOCKS, Math.ceilDiv(count, (long) STORE_THREADS)), STORE_THREADS);
        return wide.address();
    }
}
