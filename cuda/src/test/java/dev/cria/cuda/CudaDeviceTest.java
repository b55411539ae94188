package dev.cria.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory of a GPU and the ways in and out of it. */
class CudaDeviceTest {
    /** Around the size of a staging buffer, and more than all of them together. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5, 4096, (8 << 20) - 4, (8 << 20) + 12, (40 << 20) + 4})
    void whatIsUploadedComesBackThoughTheHostChangesItsMemoryAtOnce(int bytes) {
        try (CudaDevice device = CudaDevice.open(GpuUnderTest.options());
                Workspace workspace = device.workspace();
                Arena arena = Arena.ofConfined()) {
            byte[] sent = new byte[bytes / 4 * 4];
            new Random(bytes).nextBytes(sent);
            Tensor tensor = workspace.allocate(DType.I32, sent.length / 4);
            byte[] source = sent.clone();
            device.upload(MemorySegment.ofArray(source), tensor);
            java.util.Arrays.fill(source, (byte) 1);
            MemorySegment back = arena.allocate(Math.max(1, sent.length)).asSlice(0, sent.length);
            device.download(tensor, back);
            assertThat(back.mismatch(MemorySegment.ofArray(sent))).isEqualTo(-1);
            Tensor twin = device.adopt(Tensor.of(DType.I32, back, sent.length / 4), workspace);
            byte[] again = new byte[sent.length];
            device.download(twin, MemorySegment.ofArray(again));
            assertThat(again).isEqualTo(sent);
        }
    }

    @Test
    void memoryIsZeroedAlignedAndGivenBack() {
        try (CudaDevice device = CudaDevice.open(GpuUnderTest.options())) {
            long free = device.freeBytes().orElseThrow();
            assertThat(device.totalBytes().orElseThrow()).isGreaterThanOrEqualTo(free);
            for (int time = 0; time < 3; time++) {
                Workspace workspace = device.workspace();
                Tensor a = workspace.allocate(DType.F32, 3, 5);
                Tensor b = workspace.allocate(DType.BF16, 3 << 20);
                Tensor empty = workspace.allocate(DType.F32, 0, 7);
                assertThat(a.data().address() % 256).isZero();
                assertThat(b.data().address() % 256).isZero();
                assertThat(empty.data().address()).isNotZero();
                assertThat(workspace.allocatedBytes()).isEqualTo(60 + (6 << 20));
                assertThat(free - device.freeBytes().orElseThrow()).isBetween(6L << 20, 10L << 20);
                assertThat(floats(device, a)).containsOnly(0);
                float[] ones = new float[15];
                java.util.Arrays.fill(ones, 1);
                device.upload(MemorySegment.ofArray(ones), a);
                assertThat(floats(device, a)).containsOnly(1);
                workspace.close();
                workspace.close();
                assertThat(a.data().scope().isAlive()).isFalse();
                assertThatIllegalStateException()
                        .isThrownBy(() -> floats(device, a))
                        .withMessageContaining("freed");
                assertThatIllegalStateException().isThrownBy(() -> workspace.allocate(DType.F32, 1));
            }
            assertThat(device.freeBytes().orElseThrow()).isEqualTo(free);
        }
    }

    @Test
    void whatDoesNotFitIsRefusedWithFigures() {
        try (CudaDevice device = CudaDevice.open(GpuUnderTest.options());
                Workspace workspace = device.workspace()) {
            assertThatThrownBy(() -> workspace.allocate(DType.F32, 1L << 40))
                    .isInstanceOfSatisfying(UserError.class, error -> {
                        assertThat(error.what())
                                .matches(
                                        "the GPU has no 4194304 MiB to give: \\d+ MiB of its \\d+ MiB are free, Cria holds"
                                                + " \\d+ MiB");
                        assertThat(error.hint()).contains("micro-batch");
                        assertThat(error.exitCode()).isEqualTo(UserError.FAILED);
                    });
            assertThat(floats(device, workspace.allocate(DType.F32, 10))).containsOnly(0);
        }
    }

    @Test
    void anotherThreadMayGoOnWithIt() throws Exception {
        try (CudaDevice device = CudaDevice.open(GpuUnderTest.options());
                Workspace workspace = device.workspace()) {
            Tensor x = workspace.allocate(DType.F32, 10);
            Thread thread = new Thread(() -> {
                device.kernels().fill(x, 3);
                workspace.allocate(DType.F32, 5);
                assertThat(floats(device, x)).containsOnly(3);
            });
            Throwable[] thrown = new Throwable[1];
            thread.setUncaughtExceptionHandler((in, e) -> thrown[0] = e);
            thread.start();
            thread.join();
            assertThat(thrown[0]).isNull();
            device.kernels().scale(x, 2);
            assertThat(floats(device, x)).containsOnly(6);
        }
    }

    @Test
    void blocksThatAreLentAgainAreZeroAndNobodyElses() {
        Random random = new Random(5);
        try (CudaDevice device = CudaDevice.open(GpuUnderTest.options())) {
            long free = device.freeBytes().orElseThrow();
            List<Workspace> workspaces = new ArrayList<>();
            List<Tensor> tensors = new ArrayList<>();
            for (int time = 1; time <= 48; time++) {
                if (random.nextInt(3) == 0 && !workspaces.isEmpty()) {
                    int which = random.nextInt(workspaces.size());
                    workspaces.remove(which).close();
                    tensors.remove(which);
                } else {
                    Workspace workspace = device.workspace();
                    Tensor tensor = workspace.allocate(DType.F32, 1 + random.nextInt(1 << random.nextInt(13)));
                    assertThat(device.kernels().sumOfSquares(tensor)).isZero();
                    device.kernels().fill(tensor, 1);
                    workspaces.add(workspace);
                    tensors.add(tensor);
                }
                for (Tensor tensor : time % 12 == 0 ? tensors : List.<Tensor>of()) {
                    assertThat(device.kernels().sum(tensor)).isEqualTo(tensor.elements());
                }
            }
            workspaces.forEach(Workspace::close);
            assertThat(free - device.freeBytes().orElseThrow())
                    .as("scratch of sums alone")
                    .isLessThan(4 << 20);
        }
    }

    @Test
    void itTellsWhatItFound() {
        try (CudaDevice device = CudaDevice.open(GpuUnderTest.options())) {
            assertThat(device.name()).isEqualTo("cuda");
            assertThat(device.activationType()).isEqualTo(DType.F32);
            assertThat(device.decisions())
                    .anyMatch(line -> line.startsWith("GPU 0: "))
                    .anyMatch(line -> line.startsWith("driver: "))
                    .anyMatch(line -> line.startsWith("kernels: compiled for sm_"))
                    .anyMatch(line -> line.startsWith("products: cuBLASLt, "));
            device.close();
        }
    }

    static float[] floats(CudaDevice device, Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        device.download(tensor, MemorySegment.ofArray(values));
        return values;
    }
}
