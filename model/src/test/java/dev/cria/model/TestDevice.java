package dev.cria.model;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.FarDevice;
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
    /** Every one of float32 arithmetic and float32 activations. */
    public static Stream<TestDevice> all() {
        return Stream.concat(
                Stream.of(Tier.values()).map(tier -> new TestDevice(tier.name(), () -> Golden.open(tier))),
                Stream.of(new TestDevice("FAR", () -> FarDevice.open(DType.F32))));
    }

    public Device open() {
        return opener.get();
    }

    @Override
    public String toString() {
        return name;
    }
}
