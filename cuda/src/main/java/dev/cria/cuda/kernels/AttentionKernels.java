package dev.cria.cuda.kernels;

import dev.cria.base.UserError;
import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.CudaKernel;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;

/**
 * Attention of training: on the tensor cores for bf16 with heads of 64 and 128 ({@code attention.cu}, {@code attention_backward.cu}), else the plain
 * one ({@code attention_f32.cu}).
 *
 * <p>Of B·H·T²·E multiplications and additions, halved by the causal mask, the forward pass takes 2 for each pair of query and key, the backward
 * pass 5 and 2 more for scores computed twice.
 */
final class AttentionKernels implements TrainingAttention {
    /** Rows of a block of {@code attention.cu}, and threads of a block of both sources. */
    private static final int ROWS = 128;

    /** Rows of a tile of {@code attention_backward.cu}. */
    private static final int TILE = 64;

    /** Rows and threads of a block of the plain kernels, and their largest head. */
    static final int PLAIN_ROWS = 32;

    static final int PLAIN_THREADS = 256;
    private static final int PLAIN_HEAD = 256;

    private final Cuda cuda;

    AttentionKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** Whether the tensor cores' kernels take such heads. */
    static boolean isFlash(DType type, int E) {
        return type == DType.BF16 && (E == 64 || E == 128);
    }

    @Override
    public void forward(Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        int E = qkv.size(2);
        if (isFlash(qkv.dtype(), E)) {
            cuda.modules()
                    .of("attention", DType.BF16)
                    .kernel(E == 64 ? "attention_64" : "attention_128")
                    .call()
                    .tensor(out)
                    .tensor(logSumExp)
                    .tensor(qkv)
                    .int32(T)
                    .int32(H)
                    .int32(K)
                    .launch((long) B * H, Math.ceilDiv(T, ROWS), 1, ROWS, forwardBytes(E));
            return;
        }
        plain(qkv, "attention_plain_64", "attention_plain_256")
                .call()
                .tensor(out)
                .tensor(logSumExp)
                .tensor(qkv)
                .int32(T)
                .int32(H)
                .int32(K)
                .int32(E)
                .launch((long) B * H, Math.ceilDiv(T, PLAIN_ROWS), 1, PLAIN_THREADS, plainForwardBytes(E));
    }

    /** Shared memory of {@code attention.cu}: a block's queries and two stages of keys and values. */
    static int forwardBytes(int E) {
        int tile = E == 64 ? 64 : 32;
        return (ROWS + 4 * tile) * E * Short.BYTES;
    }

    /** Shared memory of the plain forward kernels: queries, keys, values and the weights. */
    static int plainForwardBytes(int E) {
        return (3 * PLAIN_ROWS * (E | 1) + PLAIN_ROWS * (PLAIN_ROWS + 1)) * Float.BYTES;
    }

    @Override
    public void backward(
            Tensor dQkv, Tensor dOut, Tensor out, Tensor logSumExp, Tensor qkv, int B, int T, int H, int K) {
        int E = qkv.size(2);
        Scratch delta = cuda.scratch("attention's row sums", (long) B * H * T * Float.BYTES);
        if (!isFlash(qkv.dtype(), E)) {
            plainBackward(dQkv, dOut, out, logSumExp, delta, qkv, B, T, H, K);
            return;
        }
        flash(E == 64 ? "attention_row_sums_64" : "attention_row_sums_128")
                .call()
                .scratch(delta)
                .tensor(dOut)
                .tensor(out)
                .int32(T)
                .int32(H)
                .launch(Math.ceilDiv(T, ROWS * 8 / E), H, B, ROWS, 0);
        int stageBytes = 2 * TILE * E * Short.BYTES;
        int rows = E == 64 ? ROWS : ROWS / 2;
        gradient(
                flash(E == 64 ? "attention_keys_values_64" : "attention_keys_values_128"),
                new Gradient(dQkv, dOut, logSumExp, delta, qkv, T, H, K),
                B * K,
                rows,
                2 * (stageBytes + 2 * TILE * Float.BYTES));
        gradient(
                flash(E == 64 ? "attention_queries_64" : "attention_queries_128"),
                new Gradient(dQkv, dOut, logSumExp, delta, qkv, T, H, K),
                B * H,
                rows,
                2 * stageBytes);
    }

    private CudaKernel flash(String name) {
        return cuda.modules().of("attention_backward", DType.BF16).kernel(name);
    }

    /** The arguments that the kernels of the backward pass share. */
    private record Gradient(
            Tensor dQkv, Tensor dOut, Tensor logSumExp, Scratch delta, Tensor qkv, int T, int H, int K) {}

    private static void gradient(CudaKernel kernel, Gradient g, int heads, int rows, int sharedBytes) {
        kernel.call()
                .tensor(g.dQkv)
                .tensor(g.dOut)
                .tensor(g.logSumExp)
                .scratch(g.delta)
                .tensor(g.qkv)
                .int32(g.T)
                .int32(g.H)
                .int32(g.K)
                .launch(heads, Math.ceilDiv(g.T, rows), 1, ROWS, sharedBytes);
    }

    private CudaKernel plain(Tensor qkv, String small, String large) {
        int E = qkv.size(2);
        if (E > PLAIN_HEAD) {
            throw new UserError(
                    "attention heads of " + E + " on a CUDA device in training",
                    "the largest are " + PLAIN_HEAD + "; train this shape on --device cpu");
        }
        return cuda.modules().of("attention_f32", qkv.dtype()).kernel(E <= 64 ? small : large);
    }

    private void plainBackward(
            Tensor dQkv,
            Tensor dOut,
            Tensor out,
            Tensor logSumExp,
            Scratch delta,
            Tensor qkv,
            int B,
            int T,
            int H,
            int K) {
        int E = qkv.size(2);
        long rows = (long) B * T * H;
        plain(qkv, "attention_plain_row_sums", "attention_plain_row_sums")
                .call()
                .scratch(delta)
                .tensor(dOut)
                .tensor(out)
                .int32(rows)
                .int32(T)
                .int32(H)
                .int32(E)
                .launch(Math.ceilDiv(rows, 8L), PLAIN_THREADS);
        CudaKernel keysValues = plain(qkv, "attention_plain_keys_values_64", "attention_plain_keys_values_256");
        CudaKernel queries = plain(qkv, "attention_plain_queries_64", "attention_plain_queries_256");
        int tiles = 4 * PLAIN_ROWS * (E | 1);
        int sharedBytes = (tiles + 2 * PLAIN_ROWS * (PLAIN_ROWS + 1) + 2 * PLAIN_ROWS) * Float.BYTES;
        for (CudaKernel kernel : new CudaKernel[] {keysValues, queries}) {
            kernel.call()
                    .tensor(dQkv)
                    .tensor(dOut)
                    .tensor(logSumExp)
                    .scratch(delta)
                    .tensor(qkv)
                    .int32(T)
                    .int32(H)
                    .int32(K)
                    .int32(E)
                    .launch(
                            (long) B * (kernel == queries ? H : K),
                            Math.ceilDiv(T, PLAIN_ROWS),
                            1,
                            PLAIN_THREADS,
                            sharedBytes);
        }
    }
}
