package dev.cria.tensor.cpu;

import dev.cria.tensor.Device;
import dev.cria.tensor.GradientConformance;
import dev.cria.tensor.KernelsConformance;
import dev.cria.tensor.NotFiniteConformance;
import org.junit.jupiter.api.Nested;

class VectorKernelsTest {
    private static Device device(int threads) {
        return CpuDevice.open(new CpuOptions(threads, Precision.F32, Tier.VECTOR));
    }

    @Nested
    class Conformance extends KernelsConformance {
        @Override
        protected Device open(int threads) {
            return device(threads);
        }
    }

    @Nested
    class Gradients extends GradientConformance {
        @Override
        protected Device open() {
            return device(1);
        }
    }

    @Nested
    class NotFinite extends NotFiniteConformance {
        @Override
        protected Device open() {
            return device(1);
        }
    }
}
