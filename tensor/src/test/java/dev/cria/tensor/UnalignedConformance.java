package dev.cria.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every device does with tensors that begin one element after an aligned address, as views of rows of odd length do. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class UnalignedConformance {
    private static final double MATRIX_TOLERANCE = 1e-5;
    private static final double TOLERANCE = 2e-6;

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

    /** All but attention, whose rows are whole heads, and the slow ones of which others do the same. */
    static Stream<KernelCase> cases() {
        return Stream.of(KernelCases.all(), StoredWeightCases.all())
                .flatMap(List::stream)
                .filter(kernelCase -> !kernelCase.name().startsWith("attention"))
                .filter(kernelCase -> !kernelCase.name().startsWith("frozen"));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsTheReference(KernelCase kernelCase) {
        List<HostTensor> expected = kernelCase.run(reference);
        List<HostTensor> actual = runShifted(kernelCase);
        for (int i = 0; i < expected.size(); i++) {
            if (expected.get(i).dtype() == DType.F32) {
                DeviceConformance.assertClose(
                        kernelCase + ", argument " + i,
                        actual.get(i).toFloats(),
                        expected.get(i).toFloats(),
                        kernelCase.matrix() ? MATRIX_TOLERANCE : TOLERANCE);
            } else {
                org.assertj.core.api.Assertions.assertThat(
                                actual.get(i).data().mismatch(expected.get(i).data()))
                        .isEqualTo(-1);
            }
        }
    }

    private List<HostTensor> runShifted(KernelCase kernelCase) {
        try (Workspace workspace = device.workspace()) {
            Tensor[] tensors = Arrays.stream(kernelCase.arguments().get())
                    .map(argument -> shifted(argument, workspace))
                    .toArray(Tensor[]::new);
            kernelCase.operation().run(device.kernels(), tensors);
            device.synchronize();
            return Arrays.stream(tensors)
                    .map(tensor -> HostTensor.from(device, tensor))
                    .toList();
        }
    }

    private Tensor shifted(HostTensor argument, Workspace workspace) {
        DType dtype = argument.dtype();
        Tensor room = workspace.allocate(dtype, HostTensor.count(argument.dims()) + dtype.blockSize());
        MemorySegment view = room.data().asSlice(dtype.blockBytes());
        Tensor tensor = Tensor.of(dtype, view, argument.dims());
        device.upload(argument.data(), tensor);
        return tensor;
    }
}
