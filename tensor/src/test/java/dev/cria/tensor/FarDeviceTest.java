package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.Test;

/** The device of other tests does what they rely on. */
class FarDeviceTest {
    @Test
    void javaCannotTouchItsMemory() {
        try (FarDevice device = FarDevice.open(DType.F32);
                Workspace workspace = device.workspace()) {
            Tensor x = workspace.allocate(DType.F32, 4);
            device.upload(MemorySegment.ofArray(new float[] {1, 2, 3, 4}), x);
            assertThat(device.kernels().sum(x.rows(1, 3))).isEqualTo(5);
            assertThat(device.waits()).isEqualTo(1);
            assertThatThrownBy(x::toFloats).isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(() -> x.setFloat(0, 1)).isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(() -> MemorySegment.copy(x.data(), 0, MemorySegment.ofArray(new float[4]), 0, 16))
                    .isInstanceOf(WrongThreadException.class);
            assertThatThrownBy(() -> x.data().asByteBuffer().get()).isInstanceOf(WrongThreadException.class);
            workspace.close();
            assertThatThrownBy(() -> device.kernels().sum(x)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void activationsAreRoundedWhereTheyAreStored() {
        try (FarDevice device = FarDevice.open(DType.BF16);
                Workspace workspace = device.workspace()) {
            Tensor exact = workspace.allocate(DType.F32, 1, 2);
            Tensor x = workspace.allocate(DType.BF16, 1, 2);
            Tensor w = workspace.allocate(DType.BF16, 1, 2);
            Tensor y = workspace.allocate(DType.BF16, 1, 1);
            device.upload(MemorySegment.ofArray(new float[] {1, 1}), exact);
            device.kernels().convert(x, exact);
            device.upload(MemorySegment.ofArray(new float[] {1, 1f / 1024}), exact);
            device.kernels().convert(w, exact);
            device.kernels().linear(y, x, w, false);
            device.kernels().convert(exact.rows(0, 1).reshape(2).rows(0, 1), y.reshape(1));
            float[] result = new float[2];
            device.download(exact, MemorySegment.ofArray(result));
            assertThat(result[0]).isEqualTo(1f);
        }
    }
}
