package dev.cria.cuda;

import dev.cria.tensor.Device;
import dev.cria.tensor.KernelsConformance;

/** All kernels in float32 against the scalar reference, on a GPU or on the emulated one in three orders of blocks and threads. */
class CudaKernelsTest extends KernelsConformance {
    @Override
    protected Device open(int threads) {
        return CudaDevice.open(GpuUnderTest.options(threads));
    }

    /** Tiles sum in another order than the scalar loops, over up to a thousand terms. */
    @Override
    protected double matrixTolerance() {
        return 2e-5;
    }
}
