package dev.cria.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Precision;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What goes wrong on a machine, shown by the emulated driver: each is one sentence that says what to do. */
class CudaFailuresTest {
    private static final Map<String, Long> NORMAL = Map.of(
            "driver_version",
            13000L,
            "compute_capability",
            90L,
            "devices",
            3L,
            "init_status",
            0L,
            "fail_launch",
            0L,
            "fail_allocation",
            0L);

    private CudaOptions options;

    @BeforeEach
    void find() {
        options = GpuUnderTest.emulated();
    }

    @AfterEach
    void mend() {
        if (options != null) {
            NORMAL.forEach(EmulatedCuda::set);
        }
    }

    @Test
    void noGpuIsTold() {
        EmulatedCuda.set("devices", 0);
        refuses("does not start: CUDA_ERROR_NO_DEVICE (no CUDA-capable device is detected)", "nvidia-smi");
        assertThat(CudaProbe.look(options.libraries()).usable()).isFalse();
    }

    @Test
    void aDriverThatDoesNotStartIsTold() {
        EmulatedCuda.set("init_status", 803);
        refuses("CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", "nvidia-smi");
    }

    @Test
    void aDriverThatIsTooOldIsTold() {
        EmulatedCuda.set("driver_version", 11040);
        refuses("is too old: it runs programs for CUDA 11.4, and Cria needs 12.0", "update NVIDIA's driver");
    }

    @Test
    void anOldCardIsTold() {
        EmulatedCuda.set("compute_capability", 75);
        refuses("has compute capability 7.5, and Cria's kernels need 8.0", "--device cpu");
        assertThat(CudaProbe.look(options.libraries()).usable()).isFalse();
    }

    @Test
    void aCardWithoutFp8IsTold() {
        EmulatedCuda.set("compute_capability", 86);
        options = options.withPrecision(Precision.FP8);
        refuses("has compute capability 8.6, and products in fp8 need 8.9 (Ada Lovelace) or newer", "precision bf16");
    }

    @Test
    void anOrdinalThatIsNotThereIsTold() {
        assertThatThrownBy(() -> CudaDevice.open(options.withOrdinal(7)))
                .isInstanceOf(UserError.class)
                .hasMessage("there is no GPU 7: the driver sees 3 of them");
    }

    @Test
    void aProbeTellsWhatIsThere() {
        CudaProbe probe = CudaProbe.look(options.libraries());
        assertThat(probe.usable()).isTrue();
        assertThat(probe.lines()).anyMatch(line -> line.startsWith("GPU 0: Emulated GPU"));
    }

    @Test
    void aKernelThatGoesWrongIsFoundLaterAndTheErrorSaysHowToNameIt() {
        try (CudaDevice device = CudaDevice.open(options);
                Workspace workspace = device.workspace()) {
            attend(device, workspace);
            device.synchronize();
            EmulatedCuda.set("fail_launch", 1);
            assertThatThrownBy(() -> {
                        attend(device, workspace);
                        device.synchronize();
                    })
                    .isInstanceOfSatisfying(UserError.class, error -> {
                        assertThat(error.what())
                                .contains("CUDA_ERROR_ILLEGAL_ADDRESS")
                                .contains("a kernel that was started before it went wrong");
                        assertThat(error.hint()).contains("CRIA_CUDA_DEBUG=1");
                        assertThat(error.exitCode()).isEqualTo(UserError.FAILED);
                    });
        }
    }

    @Test
    void debuggingNamesTheKernel() {
        try (CudaDevice device = CudaDevice.open(options.withDebugging(true));
                Workspace workspace = device.workspace()) {
            EmulatedCuda.set("fail_launch", 1);
            assertThatThrownBy(() -> attend(device, workspace))
                    .isInstanceOf(UserError.class)
                    .hasMessageMatching("(?s)kernel attention\\w*\\.\\w+ failed with CUDA_ERROR_ILLEGAL_ADDRESS.*");
        }
    }

    @Test
    void onceEverySizeWasSeenNothingIsAllocatedAnyMore() {
        try (CudaDevice device = CudaDevice.open(options)) {
            for (int time = 0; time < 3; time++) {
                try (Workspace workspace = device.workspace()) {
                    attend(device, workspace);
                    device.synchronize();
                }
                EmulatedCuda.set("fail_allocation", 1);
            }
        }
    }

    @Test
    void memoryThatIsKeptIsGivenBackBeforeAnythingIsRefused() {
        try (CudaDevice device = CudaDevice.open(options)) {
            try (Workspace workspace = device.workspace()) {
                workspace.allocate(DType.F32, 1 << 20);
            }
            EmulatedCuda.set("fail_allocation", 1);
            try (Workspace workspace = device.workspace()) {
                Tensor larger = workspace.allocate(DType.F32, 3 << 20);
                assertThat(CudaDeviceTest.floats(device, larger)).containsOnly(0);
            }
        }
    }

    private static void attend(CudaDevice device, Workspace workspace) {
        Tensor qkv = workspace.allocate(DType.F32, 8, 3, 64);
        Tensor out = workspace.allocate(DType.F32, 8, 64);
        Tensor logSumExp = workspace.allocate(DType.F32, 1, 1, 8);
        device.kernels().attention(out, logSumExp, qkv, 1, 8, 1, 1);
    }

    private void refuses(String what, String hint) {
        assertThatThrownBy(() -> CudaDevice.open(options)).isInstanceOfSatisfying(UserError.class, error -> {
            assertThat(error.what()).contains(what);
            assertThat(error.hint()).contains(hint);
        });
    }
}
