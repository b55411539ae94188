package dev.cria.cuda;

import dev.cria.tensor.Device;
import dev.cria.tensor.NotFiniteConformance;

class CudaNotFiniteTest extends NotFiniteConformance {
    @Override
    protected Device open() {
        return CudaDevice.open(GpuUnderTest.options());
    }
}
