package dev.cria.model;

import dev.cria.cuda.CudaDevice;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.FarDevice;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A device that golden tests run on.
 *
 * @param name in the test's report
 * @param opener opens it anew
 */
public record TestDevice(String name, Supplier<Device> opener) {
    private static final String GPU = "CUDA";

    /** A system property: with {@code true} only what runs on the GPU, for a machine that is borrowed for that (bench/gpu.sh). */
    private static final String GPU_ONLY = "cria.test.gpuOnly";

    /** Every one of float32 arithmetic and float32 activations; a GPU skips its tests where there is none. */
    public static Stream<TestDevice> all() {
        return every().filter(TestDevice::isWanted);
    }

    private boolean isWanted() {
        return name.equals(GPU) || !Boolean.getBoolean(GPU_ONLY);
    }

    private static Stream<TestDevice> every() {
        return Stream.concat(
                Stream.of(Tier.values()).map(tier -> new TestDevice(tier.name(), () -> Golden.open(tier))),
                Stream.of(
                        new TestDevice("FAR", () -> FarDevice.open(DType.F32)),
                        new TestDevice(GPU, () -> CudaDevice.open(GpuUnderTest.options()))));
    }

    /** Every one of bf16 activations. */
    public static Stream<TestDevice> halves() {
        return Stream.of(
                        new TestDevice("FAR", () -> FarDevice.open(DType.BF16)),
                        new TestDevice(
                                GPU,
                                () -> CudaDevice.open(GpuUnderTest.options().withPrecision(Precision.BF16))))
                .filter(TestDevice::isWanted);
    }

    /** The one of {@link #all} that goes by a name. */
    public static TestDevice named(String name) {
        return every().filter(kind -> kind.name.equals(name)).findFirst().orElseThrow();
    }

    /** Those of {@link #all} that are fast everywhere. */
    public static Stream<TestDevice> hosts() {
        return every().filter(kind -> !kind.name.equals(GPU));
    }

    /** Whether it is a GPU that the processor emulates, and so is slow. */
    public boolean isEmulated() {
        return name.equals(GPU) && !GpuUnderTest.isReal();
    }

    public Device open() {
        return opener.get();
    }

    @Override
    public String toString() {
        return name;
    }
}
