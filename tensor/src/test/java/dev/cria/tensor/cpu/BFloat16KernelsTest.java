package dev.cria.tensor.cpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.tensor.Device;
import dev.cria.tensor.KernelsConformance;

/** Products on the matrix engine: bf16 has 8 bits, so they agree with float32 to some parts in a hundred of the
 * result's size where many roundings meet (attention's backward pass); {@code AmxLeafTest} checks the products themselves exactly. */
class BFloat16KernelsTest extends KernelsConformance {
    @Override
    protected Device open(int threads) {
        MatrixEngine engine = MatrixEngine.detect(LeafLibrary.open());
        assumeTrue(engine.leaf().isPresent(), engine.reason());
        return CpuDevice.open(new CpuOptions(threads, Precision.BF16, Tier.NATIVE));
    }

    @Override
    protected double matrixTolerance() {
        return 1e-1;
    }
}
