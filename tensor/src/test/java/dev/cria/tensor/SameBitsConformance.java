package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What has the scalar reference's bits on a device that promises so: an update by AdamW, random numbers, conversions and blocks read as numbers. A
 * run that goes on elsewhere then differs by its products alone.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class SameBitsConformance {
    private static final List<String> OPERATIONS = List.of(
            "add of", "scale", "fill", "adamW", "dropout", "addNoise", "putBlock", "addBlock", "convert", "embedding");

    private Device reference;
    private Device device;

    /** The device under test. */
    protected abstract Device open();

    @BeforeAll
    void openDevices() {
        reference = dev.cria.tensor.cpu.CpuDevice.open(new dev.cria.tensor.cpu.CpuOptions(
                1, dev.cria.tensor.cpu.Precision.F32, dev.cria.tensor.cpu.Tier.SCALAR));
        device = open();
    }

    @AfterAll
    void closeDevices() {
        reference.close();
        device.close();
    }

    static Stream<KernelCase> cases() {
        return Stream.of(KernelCases.all(), StoredWeightCases.all())
                .flatMap(List::stream)
                .filter(kernelCase -> OPERATIONS.stream().anyMatch(kernelCase.name()::startsWith));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void hasTheReferencesBits(KernelCase kernelCase) {
        List<HostTensor> expected = kernelCase.run(reference);
        List<HostTensor> actual = kernelCase.run(device);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).data().mismatch(expected.get(i).data()))
                    .as("first differing byte of argument %d", i)
                    .isEqualTo(-1);
        }
    }
}
