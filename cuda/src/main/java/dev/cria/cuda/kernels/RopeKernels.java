package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;

/** Rotary position embedding: {@code rope.cu}. */
final class RopeKernels {
    /** Heads of a row that a thread rotates at most: HEADS of the source. */
    private static final int HEADS = 4;

    private static final int THREADS = 128;

    private final Cuda cuda;

    RopeKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** See {@link dev.cria.tensor.Kernels#rope}. */
    void rotate(
            Tensor x, int rotatedHeads, Tensor positions, Tensor cos, Tensor sin, boolean inverse, RopeOrder order) {
        int E = x.size(2);
        int half = E / 2;
        int width = Launches.width(x.dtype());
        boolean wide = order == RopeOrder.HALVES && half % width == 0 && Launches.aligned(x, cos, sin);
        long groups = Math.ceilDiv(rotatedHeads, HEADS);
        long items = x.dim(0) * groups * (wide ? half / width : half);
        String kernel = order == RopeOrder.PAIRS ? "rope_pairs" : wide ? "rope_halves" : "rope_halves_any";
        cuda.modules()
                .of("rope", x.dtype())
                .kernel(kernel)
                .call()
                .tensor(x)
                .int32(rotatedHeads)
                .tensor(positions)
                .tensor(cos)
                .tensor(sin)
                .int32(x.dim(0))
                .int32(x.dim(1))
                .int32(E)
                .int32(cos.dim(0))
                .float32(inverse ? -1 : 1)
                .pointer(cuda.indexFault().address())
                .launch(Math.ceilDiv(Math.toIntExact(items), THREADS), THREADS);
    }
}
