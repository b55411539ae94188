package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.CudaKernel;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;

/**
 * Cross-entropy and the likeliest index: {@code loss.cu}. A target that the vocabulary does not have gives loss and gradient 0, and an
 * {@link IndexOutOfBoundsException} where the GPU is next waited for.
 */
final class LossKernels {
    private static final int THREADS = 512;
    private static final int SEARCH_THREADS = 1024;

    /** What a block's static shared memory takes of the most it may have. */
    private static final int STATIC_BYTES = 1024;

    private final Cuda cuda;

    LossKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** See {@link dev.cria.tensor.Kernels#crossEntropy}. */
    void gradient(Tensor losses, Tensor logits, Tensor targets, Tensor weights, float scale) {
        int V = Math.toIntExact(Launches.columns(logits));
        long rowBytes = logits.dtype().bytes(V);
        boolean wide = isWide(logits, V);
        boolean kept = wide && rowBytes <= cuda.card().sharedBytesPerBlock() - STATIC_BYTES;
        kernel(kept ? "cross_entropy_kept" : wide ? "cross_entropy" : "cross_entropy_any", logits.dtype())
                .call()
                .tensor(losses)
                .tensor(logits)
                .tensor(targets)
                .tensor(weights)
                .int32(V)
                .float32(scale)
                .pointer(cuda.indexFault().address())
                .launch(logits.dim(0), 1, 1, threads(logits, V, wide, THREADS), kept ? (int) rowBytes : 0);
    }

    /** See {@link dev.cria.tensor.Kernels#negativeLogLikelihood}. */
    void loss(Tensor losses, Tensor logits, Tensor targets) {
        int V = Math.toIntExact(Launches.columns(logits));
        boolean wide = isWide(logits, V);
        kernel(wide ? "negative_log_likelihood" : "negative_log_likelihood_any", logits.dtype())
                .call()
                .tensor(losses)
                .tensor(logits)
                .tensor(targets)
                .int32(V)
                .pointer(cuda.indexFault().address())
                .launch(logits.dim(0), threads(logits, V, wide, THREADS));
    }

    /** See {@link dev.cria.tensor.Kernels#argMax}. */
    void argMax(Tensor indices, Tensor logits) {
        int V = Math.toIntExact(Launches.columns(logits));
        boolean wide = isWide(logits, V);
        kernel(wide ? "arg_max" : "arg_max_any", logits.dtype())
                .call()
                .tensor(indices)
                .tensor(logits)
                .int32(V)
                .launch(logits.dim(0), threads(logits, V, wide, SEARCH_THREADS));
    }

    private static boolean isWide(Tensor logits, int V) {
        return V % Launches.width(logits.dtype()) == 0 && Launches.aligned(logits);
    }

    private static int threads(Tensor logits, int V, boolean wide, int most) {
        return Launches.threads(wide ? V / Launches.width(logits.dtype()) : V, most);
    }

    private CudaKernel kernel(String name, DType activation) {
        return cuda.modules().of("loss", activation).kernel(name);
    }
}
