package dev.cria.cuda;

import dev.cria.tensor.Device;
import dev.cria.tensor.SameBitsConformance;

/** What a GPU computes to the last bit as the processor does, on a GPU or on the emulated one. */
class CudaSameBitsTest extends SameBitsConformance {
    @Override
    protected Device open() {
        return CudaDevice.open(GpuUnderTest.options());
    }
}
