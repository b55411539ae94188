package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.CudaKernel;
import dev.cria.cuda.launch.KernelCall;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;

/** RMSNorm: {@code norm.cu}. */
final class NormKernels {
    /** Rows that a block has under way at once: ROWS of the source. */
    private static final int ROWS = 2;

    private static final int MOST_THREADS = 1024;

    /** Blocks of the backward pass at most, and so parts of the weight's gradient: what an H100 runs at once with rows of 2048 in bf16. */
    private static final int PARTS = 528;

    private static final int COLUMNS = 32;
    private static final int COLUMN_THREADS = 512;

    private final Cuda cuda;
    private final Magnitudes magnitudes;

    NormKernels(Cuda cuda, Magnitudes magnitudes) {
        this.cuda = cuda;
        this.magnitudes = magnitudes;
    }

    /** See {@link dev.cria.tensor.Kernels#rmsNorm}. */
    void forward(Tensor y, Tensor rstd, Tensor x, Tensor weight, float eps) {
        int N = x.size(0);
        int D = weight.size(0);
        if (isWide(D, x.dtype()) && Launches.aligned(y, x, weight)) {
            kernel("rms_norm", x)
                    .call()
                    .tensor(y)
                    .tensor(rstd)
                    .tensor(x)
                    .tensor(weight)
                    .int32(N)
                    .int32(D)
                    .float32(eps)
                    .pointer(magnitudes.place(Math.ceilDiv(N, ROWS)))
                    .launch(Math.ceilDiv(N, ROWS), wideThreads(D, x.dtype()));
        } else {
            any(x.data().address(), y, rstd, x, 0, weight, eps);
        }
    }

    /** See {@link dev.cria.tensor.Kernels#addRmsNorm}. */
    void addForward(Tensor sum, Tensor y, Tensor rstd, Tensor x, Tensor delta, Tensor weight, float eps) {
        int N = x.size(0);
        int D = weight.size(0);
        if (isWide(D, x.dtype()) && Launches.aligned(y, x, weight) && Launches.aligned(sum, delta)) {
            kernel("add_rms_norm", x)
                    .call()
                    .tensor(sum)
                    .tensor(y)
                    .tensor(rstd)
                    .tensor(x)
                    .tensor(delta)
                    .tensor(weight)
                    .int32(N)
                    .int32(D)
                    .float32(eps)
                    .pointer(magnitudes.place(Math.ceilDiv(N, ROWS)))
                    .launch(Math.ceilDiv(N, ROWS), wideThreads(D, x.dtype()));
        } else {
            any(sum.data().address(), y, rstd, x, delta.data().address(), weight, eps);
        }
    }

    private void any(long sum, Tensor y, Tensor rstd, Tensor x, long delta, Tensor weight, float eps) {
        int D = weight.size(0);
        kernel("rms_norm_any", x)
                .call()
                .pointer(sum)
                .tensor(y)
                .tensor(rstd)
                .tensor(x)
                .pointer(delta)
                .tensor(weight)
                .int32(x.dim(0))
                .int32(D)
                .float32(eps)
                .launch(x.dim(0), Launches.threads(D, Launches.THREADS));
    }

    /** See {@link dev.cria.tensor.Kernels#rmsNormBackward}. */
    void backward(Tensor dx, Tensor dWeight, Tensor dy, Tensor x, Tensor rstd, Tensor weight) {
        int N = x.size(0);
        int D = weight.size(0);
        if (N == 0 || D == 0) {
            return;
        }
        boolean wide = isWide(D, x.dtype()) && Launches.aligned(dx, dy) && Launches.aligned(x, weight);
        int parts = Math.min(Math.ceilDiv(N, ROWS), PARTS);
        Scratch partials = cuda.scratch("partial gradients of a norm's weight", DType.F32.bytes((long) parts * D));
        KernelCall call = kernel(wide ? "rms_norm_backward" : "rms_norm_backward_any", x)
                .call()
                .tensor(dx)
                .scratch(partials)
                .tensor(dy)
                .tensor(x)
                .tensor(rstd)
                .tensor(weight)
                .int32(N)
                .int32(D);
        if (wide) {
            call.pointer(magnitudes.place(parts)).launch(parts, wideThreads(D, x.dtype()));
        } else {
            call.launch(parts, Launches.threads(D, Launches.THREADS));
        }
        kernel("add_columns", x)
                .call()
                .tensor(dWeight)
                .scratch(partials)
                .int32(parts)
                .int32(D)
                .launch(Math.ceilDiv(D, COLUMNS), COLUMN_THREADS);
    }

    /** Whether a block has a whole row in its registers. */
    private static boolean isWide(int D, DType dtype) {
        int width = Launches.width(dtype);
        return D % width == 0 && D / width <= MOST_THREADS;
    }

    private static int wideThreads(int D, DType dtype) {
        return Launches.threads(D / Launches.width(dtype), MOST_THREADS);
    }

    private CudaKernel kernel(String name, Tensor activation) {
        return cuda.modules().of("norm", activation.dtype()).kernel(name);
    }
}
