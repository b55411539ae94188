package dev.cria.cuda;

import dev.cria.tensor.Bf16Conformance;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Precision;

/** Kernels on activations in bf16, on a GPU or on the emulated one in three orders of blocks and threads. */
class CudaBf16Test extends Bf16Conformance {
    @Override
    protected Device open(int order) {
        return CudaDevice.open(GpuUnderTest.options(order).withPrecision(Precision.BF16));
    }
}
