package dev.cria.cuda;

import dev.cria.tensor.Device;
import dev.cria.tensor.GradientConformance;

class CudaGradientTest extends GradientConformance {
    @Override
    protected Device open() {
        return CudaDevice.open(GpuUnderTest.options());
    }
}
