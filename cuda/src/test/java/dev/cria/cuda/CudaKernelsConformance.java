package dev.cria.cuda;

import dev.cria.tensor.Device;
import dev.cria.tensor.KernelsConformance;

/** All kernels in float32 against the scalar reference, on a GPU or on the emulated one in three orders of blocks and threads. */
class CudaKernelsConformance extends KernelsConformance {
    @Override
    protected Device open(int threads) {
        return CudaDevice.open(GpuUnderTest.options(threads));
    }
}
