package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.CudaKernel;
import dev.cria.tensor.Tensor;

/** Element-wise operations: {@code elementwise.cu}. */
final class ElementwiseKernels {
    private final Cuda cuda;

    ElementwiseKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** See {@link dev.cria.tensor.Kernels#add}. */
    void add(Tensor y, Tensor x) {
        boolean wide = Launches.aligned(y, x);
        kernel("add", x)
                .call()
                .tensor(y)
                .tensor(x)
                .int64(x.elements())
                .int32(Launches.flag(wide))
                .launch(blocks(x, wide), Launches.THREADS);
    }

    /** See {@link dev.cria.tensor.Kernels#scale}. */
    void scale(Tensor x, float factor) {
        boolean wide = Launches.aligned(x);
        kernel("scale", x)
                .call()
                .tensor(x)
                .float32(factor)
                .int64(x.elements())
                .int32(Launches.flag(wide))
                .launch(blocks(x, wide), Launches.THREADS);
    }

    /** See {@link dev.cria.tensor.Kernels#fill}. */
    void fill(Tensor x, float value) {
        if (Float.floatToRawIntBits(value) == 0) {
            cuda.zero(x.data().address(), x.byteSize());
            return;
        }
        boolean wide = Launches.aligned(x);
        kernel("fill", x)
                .call()
                .tensor(x)
                .float32(value)
                .int64(x.elements())
                .int32(Launches.flag(wide))
                .launch(blocks(x, wide), Launches.THREADS);
    }

    /** See {@link dev.cria.tensor.Kernels#dropout}. */
    void dropout(Tensor y, Tensor x, float probability, long stream, boolean accumulate) {
        boolean wide = Launches.aligned(y, x);
        kernel(accumulate ? "add_dropout" : "dropout", x)
                .call()
                .tensor(y)
                .tensor(x)
                .int32((int) (long) Math.rint(probability * 0x1p32))
                .float32(1 / (1 - probability))
                .int64(stream)
                .int64(x.elements())
                .int32(Launches.flag(wide))
                .launch(blocks(x, wide), Launches.THREADS);
    }

    /** See {@link dev.cria.tensor.Kernels#addNoise}. */
    void addNoise(Tensor x, float magnitude, long stream) {
        boolean wide = Launches.aligned(x);
        kernel("add_noise", x)
                .call()
                .tensor(x)
                .float32(magnitude * 0x1p-31f)
                .int64(stream)
                .int64(x.elements())
                .int32(Launches.flag(wide))
                .launch(blocks(x, wide), Launches.THREADS);
    }

    private static long blocks(Tensor x, boolean wide) {
        return Launches.blocks(x.elements(), Launches.width(x.dtype()), wide);
    }

    private CudaKernel kernel(String name, Tensor activation) {
        return cuda.modules().of("elementwise", activation.dtype()).kernel(name);
    }
}
