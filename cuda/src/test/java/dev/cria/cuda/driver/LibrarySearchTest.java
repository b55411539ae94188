package dev.cria.cuda.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LibrarySearchTest {
    @TempDir
    Path folder;

    @Test
    void everyLayoutIsLookedThroughAndNamedFoldersFirst() throws IOException {
        Path named = Files.createDirectories(folder.resolve("named"));
        Path fromVariable = Files.createDirectories(folder.resolve("variable"));
        Path wheel13 = Files.createDirectories(folder.resolve("venv/lib/python3.12/site-packages/nvidia/cu13/lib"));
        Path wheel12 =
                Files.createDirectories(folder.resolve("venv/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib"));
        Path toolkit = Files.createDirectories(folder.resolve("cuda/lib64"));
        LibrarySearch search = new LibrarySearch(
                List.of(named),
                Map.of(
                        LibrarySearch.VARIABLE,
                        fromVariable.toString(),
                        "CUDA_HOME",
                        folder.resolve("cuda").toString(),
                        "VIRTUAL_ENV",
                        folder.resolve("venv").toString()));
        assertThat(search.folders(CudaLibrary.NVRTC))
                .startsWith(named, fromVariable, toolkit)
                .contains(wheel13, wheel12);
        assertThat(search.folders(CudaLibrary.CUBLAS_LT)).contains(wheel13).doesNotContain(wheel12);
    }

    @Test
    void aNamedFolderMayBeAnEnvironmentOrItsSitePackages() throws IOException {
        Path wheel = Files.createDirectories(folder.resolve("lib/python3.12/site-packages/nvidia/cublas/lib"));
        Path site = folder.resolve("lib/python3.12/site-packages");
        for (Path name : List.of(folder, site, site.resolve("nvidia"))) {
            assertThat(new LibrarySearch(List.of(name), Map.of()).folders(CudaLibrary.CUBLAS_LT))
                    .as("%s", name)
                    .contains(wheel);
        }
    }

    @Test
    void whatIsNowhereIsToldWithEveryFolder() throws IOException {
        LibrarySearch search = new LibrarySearch(List.of(folder), Map.of());
        assumeTrue(search.find(CudaLibrary.DRIVER, Integer.MAX_VALUE).isEmpty(), "this machine has NVIDIA's driver");
        assertThatThrownBy(() -> search.open(CudaLibrary.DRIVER, Integer.MAX_VALUE))
                .isInstanceOfSatisfying(UserError.class, error -> {
                    assertThat(error.what())
                            .startsWith("NVIDIA's driver (libcuda.so.1) was not found by the system's loader, nor in ")
                            .contains(folder.toString());
                    assertThat(error.hint()).contains("--device cpu");
                });
    }

    @Test
    void aFileThatDoesNotLoadIsNamed() throws IOException {
        Files.writeString(folder.resolve("libcuda.so.1"), "no library");
        LibrarySearch search = new LibrarySearch(List.of(folder), Map.of());
        assumeTrue(search.find(CudaLibrary.DRIVER, Integer.MAX_VALUE).isEmpty(), "this machine has NVIDIA's driver");
        assertThatThrownBy(() -> search.open(CudaLibrary.DRIVER, Integer.MAX_VALUE))
                .hasMessageContaining(folder.resolve("libcuda.so.1") + " does not load");
    }

    @Test
    void librariesForNewerDriversOnlyAreToldAsSuch() {
        LibrarySearch search = LibrarySearch.of(List.of());
        assumeTrue(
                search.find(CudaLibrary.NVRTC, 11).isEmpty()
                        && search.find(CudaLibrary.NVRTC, Integer.MAX_VALUE).isPresent(),
                "no NVRTC on this machine: name its folder in " + LibrarySearch.VARIABLE);
        assertThatThrownBy(() -> search.open(CudaLibrary.NVRTC, 11))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("NVIDIA's driver runs programs for CUDA 11 at most")
                .hasMessageContaining("libnvrtc.so");
    }
}
