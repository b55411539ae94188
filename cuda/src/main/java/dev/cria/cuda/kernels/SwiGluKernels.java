package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.KernelCall;
import dev.cria.tensor.Tensor;

/** SwiGLU: {@code swiglu.cu}. */
final class SwiGluKernels {
    private final Cuda cuda;
    private final Magnitudes magnitudes;

    SwiGluKernels(Cuda cuda, Magnitudes magnitudes) {
        this.cuda = cuda;
        this.magnitudes = magnitudes;
    }

    /** See {@link dev.cria.tensor.Kernels#swiGlu}. */
    void forward(Tensor h, Tensor gateUp) {
        boolean wide = isWide(h) && Launches.aligned(h, gateUp);
        KernelCall call = cuda.modules()
                .of("swiglu", h.dtype())
                .kernel(wide ? "swiglu" : "swiglu_any")
                .call()
                .tensor(h)
                .tensor(gateUp)
                .int32(h.dim(0))
                .int32(Launches.columns(h));
        launch(call, blocks(h, wide), wide);
    }

    /** See {@link dev.cria.tensor.Kernels#swiGluBackward}. */
    void backward(Tensor dGateUp, Tensor dh, Tensor gateUp) {
        boolean wide = isWide(dh) && Launches.aligned(dGateUp, dh, gateUp);
        KernelCall call = cuda.modules()
                .of("swiglu", dh.dtype())
                .kernel(wide ? "swiglu_backward" : "swiglu_backward_any")
                .call()
                .tensor(dGateUp)
                .tensor(dh)
                .tensor(gateUp)
                .int32(dh.dim(0))
                .int32(Launches.columns(dh));
        launch(call, blocks(dh, wide), wide);
    }

    private void launch(KernelCall call, long blocks, boolean wide) {
        (wide ? call.pointer(magnitudes.place(blocks)) : call).launch(blocks, Launches.THREADS);
    }

    private static boolean isWide(Tensor h) {
        return Launches.columns(h) % Launches.width(h.dtype()) == 0;
    }

    private static long blocks(Tensor h, boolean wide) {
        return Launches.blocks(h.elements(), Launches.width(h.dtype()), wide);
    }
}
