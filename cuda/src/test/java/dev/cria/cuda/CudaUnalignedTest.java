package dev.cria.cuda;

import dev.cria.tensor.Device;
import dev.cria.tensor.UnalignedConformance;

/** Kernels on tensors that vectors cannot be loaded from, on a GPU or on the emulated one. */
class CudaUnalignedTest extends UnalignedConformance {
    @Override
    protected Device open() {
        return CudaDevice.open(GpuUnderTest.options());
    }
}
