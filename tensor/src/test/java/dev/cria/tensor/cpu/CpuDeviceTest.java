package dev.cria.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.UserError;
import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class CpuDeviceTest {
    private static CpuDevice device;

    @BeforeAll
    static void open() {
        device = CpuDevice.open(CpuOptions.defaults());
    }

    @AfterAll
    static void close() {
        device.close();
    }

    @Test
    void workspaceGivesZeroedAlignedMemory() {
        try (Workspace workspace = device.workspace()) {
            Tensor a = workspace.allocate(DType.F32, 3, 5);
            Tensor b = workspace.allocate(DType.BF16, 7);
            assertThat(a.toFloats()).containsOnly(0f);
            assertThat(a.data().address() % 64).isZero();
            assertThat(b.data().address() % 64).isZero();
            assertThat(workspace.allocatedBytes()).isEqualTo(60 + 14);
        }
    }

    @Test
    void refusesFreedMemory() {
        Workspace workspace = device.workspace();
        Tensor a = workspace.allocate(DType.F32, 4);
        workspace.close();
        workspace.close();
        assertThatThrownBy(() -> device.kernels().sum(a))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("freed");
    }

    @Test
    void refusesWrongShapesTypesAndOverlap() {
        try (Workspace workspace = device.workspace()) {
            Tensor x = workspace.allocate(DType.F32, 2, 3);
            Tensor w = workspace.allocate(DType.F32, 4, 5);
            Tensor y = workspace.allocate(DType.F32, 2, 4);
            assertThatThrownBy(() -> device.kernels().linear(y, x, w, false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("F32[4, 5]");
            Tensor half = workspace.allocate(DType.F16, 2, 3);
            assertThatThrownBy(() -> device.kernels().add(x, half))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("F16[2, 3]");
            Tensor square = workspace.allocate(DType.F32, 2, 2);
            assertThatThrownBy(() -> device.kernels().linear(square, square, square, false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("shares memory");
            Tensor heap = Tensor.of(DType.F32, MemorySegment.ofArray(new float[4]), 4);
            assertThatThrownBy(() -> device.kernels().sum(heap))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("native");
        }
    }

    @Test
    void computesOnFloat32Alone() {
        try (Workspace workspace = device.workspace()) {
            Tensor x = workspace.allocate(DType.BF16, 2, 3);
            Tensor y = workspace.allocate(DType.BF16, 2, 4);
            Tensor w = workspace.allocate(DType.BF16, 4, 3);
            assertThat(device.activationType()).isEqualTo(DType.F32);
            assertThatThrownBy(() -> device.kernels().linear(y, x, w, false))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("x is BF16[2, 3]; this device computes on activations in F32 alone");
            assertThatThrownBy(() -> device.kernels().fill(y, 1))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("F32 alone");
        }
    }

    @Test
    void adamWLeavesARoundedCopy() {
        try (Workspace workspace = device.workspace()) {
            Tensor parameters = workspace.allocate(DType.F32, 3).copyFrom(new float[] {1, -2, 0.3f});
            Tensor gradients = workspace.allocate(DType.F32, 3).copyFrom(new float[] {1, 1, 1});
            Tensor first = workspace.allocate(DType.F32, 3);
            Tensor second = workspace.allocate(DType.F32, 3);
            Tensor rounded = workspace.allocate(DType.BF16, 3);
            Tensor widened = workspace.allocate(DType.F32, 3);
            AdamWStep step = new AdamWStep(0.5f, 0.9f, 0.95f, 0f, 0f, 1f, 1);
            device.kernels().adamW(parameters, rounded, gradients, first, second, step);
            device.kernels().convert(widened, rounded);
            assertThat(parameters.toFloats()).containsExactly(new float[] {0.5f, -2.5f, -0.2f}, within(1e-6f));
            assertThat(widened.toFloats()).containsExactly(0.5f, -2.5f, -0.2001953125f);
            Tensor short2 = workspace.allocate(DType.BF16, 2);
            assertThatThrownBy(() -> device.kernels().adamW(parameters, short2, gradients, first, second, step))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("rounded is BF16[2]");
        }
    }

    @Test
    void uploadsAndDownloads() {
        try (Workspace workspace = device.workspace()) {
            Tensor a = workspace.allocate(DType.F32, 3);
            device.upload(MemorySegment.ofArray(new float[] {1, 2, 3}), a);
            float[] back = new float[3];
            device.download(a, MemorySegment.ofArray(back));
            assertThat(back).containsExactly(1, 2, 3);
            assertThatThrownBy(() -> device.upload(MemorySegment.ofArray(new float[2]), a))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void namesTheTiers() {
        assertThat(CpuOptions.parseTier("Vector")).isEqualTo(Tier.VECTOR);
        assertThatThrownBy(() -> CpuOptions.parseTier("fast"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("'fast'");
        assertThatThrownBy(() -> CpuOptions.defaults().withThreads(0)).isInstanceOf(UserError.class);
    }
}
