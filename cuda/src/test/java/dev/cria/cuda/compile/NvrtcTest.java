package dev.cria.cuda.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.cuda.driver.CardProperties;
import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.tensor.DType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** NVIDIA's own compiler, which needs no GPU; skipped where it is not installed. */
class NvrtcTest {
    private static final String SOURCE = """
            #include "device.cuh"
            KERNEL twice(Activation* x, int n) {
                int i = blockIdx.x * blockDim.x + threadIdx.x;
                if (i < n) {
                    x[i] = fromFloat<Activation>(2 * toFloat(x[i]));
                }
            }
            """;

    @TempDir
    Path folder;

    private Nvrtc nvrtc;

    @BeforeEach
    void find() {
        Optional<FoundLibrary> library = LibrarySearch.of(List.of()).find(CudaLibrary.NVRTC, Integer.MAX_VALUE);
        assumeTrue(library.isPresent(), "no NVRTC on this machine: name its folder in " + LibrarySearch.VARIABLE);
        nvrtc = new Nvrtc(library.get());
    }

    @Test
    void machineCodeIsMadeForBothTypesOfActivations() {
        for (DType activation : List.of(DType.F32, DType.BF16)) {
            Architecture architecture = new Architecture("sm_80", true);
            byte[] code = nvrtc.compile(
                    KernelSource.of("test", SOURCE), KernelCompiler.options(architecture, activation), true);
            assertThat(new String(code, 0, 4, StandardCharsets.ISO_8859_1)).isEqualTo("\177ELF");
        }
    }

    @Test
    void ptxIsMadeForCardsThatItDoesNotKnow() {
        Architecture architecture = Architecture.of(999, nvrtc.architectures(), "a card to come");
        assertThat(architecture.machineCode()).isFalse();
        byte[] code =
                nvrtc.compile(KernelSource.of("test", SOURCE), KernelCompiler.options(architecture, DType.F32), false);
        assertThat(new String(code, StandardCharsets.UTF_8)).contains(".entry twice");
    }

    @Test
    void itKnowsItsVersionAndTheCardsFromAmpereOn() {
        assertThat(nvrtc.version()).isGreaterThanOrEqualTo(12000);
        assertThat(nvrtc.architectures()).contains(80, 90).isSorted();
    }

    @Test
    void anErrorShowsFileLineAndLog() {
        KernelSource wrong = KernelSource.of("wrong", "#include \"device.cuh\"\nKERNEL k(int n) {\n  nonsense;\n}\n");
        assertThatThrownBy(() ->
                        nvrtc.compile(wrong, KernelCompiler.options(new Architecture("sm_80", true), DType.F32), true))
                .isInstanceOf(CudaException.class)
                .hasMessageContaining("wrong.cu(3): error")
                .hasMessageContaining("nonsense")
                .hasMessageContaining("-DActivation=float");
    }

    @Test
    void codeOnceMadeComesFromTheCacheAndAnotherHeaderOrCardMakesItAnew() {
        DiskCache cache = new DiskCache(folder, 1 << 24);
        KernelSource source = KernelSource.of("test", SOURCE);
        byte[] made = compiler(cache, "H100").compile(source, DType.F32);
        assertThat(folder.toFile().list()).hasSize(1);
        assertThat(compiler(cache, "H100").compile(source, DType.F32)).isEqualTo(made);
        assertThat(folder.toFile().list()).hasSize(1);
        compiler(cache, "H200").compile(source, DType.F32);
        assertThat(folder.toFile().list()).hasSize(2);
        KernelSource other = new KernelSource(
                "test", SOURCE, java.util.Map.of("device.cuh", source.headers().get("device.cuh") + "\n// changed\n"));
        compiler(cache, "H100").compile(other, DType.F32);
        assertThat(folder.toFile().list()).hasSize(3);
    }

    private KernelCompiler compiler(DiskCache cache, String card) {
        return new KernelCompiler(nvrtc, cache, new CardProperties(card, 90, 132, 80L << 30, 227 << 10, 50 << 20));
    }
}
