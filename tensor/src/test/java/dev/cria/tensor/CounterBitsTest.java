package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import org.junit.jupiter.api.Test;

class CounterBitsTest {
    private static final int COUNT = 200_000;

    @Test
    void dropsTheShareAskedForAndKeepsTheMean() {
        try (Device device = CpuDevice.open(CpuOptions.defaults().withThreads(1));
                Workspace workspace = device.workspace()) {
            Tensor x = workspace.allocate(DType.F32, COUNT);
            Tensor y = workspace.allocate(DType.F32, COUNT);
            device.kernels().fill(x, 1);
            device.kernels().dropout(y, x, 0.25f, 99, false);
            int dropped = 0;
            for (float value : y.toFloats()) {
                dropped += value == 0 ? 1 : 0;
            }
            // Six standard deviations of the binomial share.
            assertThat((double) dropped / COUNT).isCloseTo(0.25, within(0.006));
            assertThat(device.kernels().sum(y) / COUNT).isCloseTo(1, within(0.008));
        }
    }

    @Test
    void noiseIsEvenWithinItsMagnitude() {
        try (Device device = CpuDevice.open(CpuOptions.defaults().withThreads(1));
                Workspace workspace = device.workspace()) {
            Tensor x = workspace.allocate(DType.F32, COUNT);
            device.kernels().addNoise(x, 0.5f, 7);
            float largest = 0;
            for (float value : x.toFloats()) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertThat(largest).isLessThanOrEqualTo(0.5f).isGreaterThan(0.499f);
            assertThat(device.kernels().sum(x) / COUNT).isCloseTo(0, within(0.004));
            // An even distribution over ±a has variance a²/3.
            assertThat(device.kernels().sumOfSquares(x) / COUNT).isCloseTo(0.25 / 3, within(0.001));
        }
    }

    @Test
    void streamsAndPlacesDiffer() {
        assertThat(CounterBits.at(1, 0)).isEqualTo(CounterBits.at(1, 0)).isNotEqualTo(CounterBits.at(2, 0));
        assertThat(CounterBits.intAt(1, 5)).isEqualTo((int) (CounterBits.at(1, 2) >>> 32));
        assertThat(CounterBits.intAt(1, 4)).isEqualTo((int) CounterBits.at(1, 2));
    }
}
