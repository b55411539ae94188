package dev.cria.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.base.UserError;
import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.LibrarySearch;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaProbeTest {
    @TempDir
    Path cache;

    @Test
    void aMachineWithoutDriverIsToldSoInOneLineAndInOneError() {
        assumeTrue(
                LibrarySearch.of(List.of())
                        .find(CudaLibrary.DRIVER, Integer.MAX_VALUE)
                        .isEmpty(),
                "this machine has NVIDIA's driver");
        CudaProbe probe = CudaProbe.look();
        assertThat(probe.usable()).isFalse();
        assertThat(probe.lines())
                .singleElement()
                .asString()
                .contains("libcuda.so.1")
                .contains("--device cpu");
        assertThatThrownBy(() -> CudaDevice.open(CudaOptions.defaults().withCache(cache)))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("libcuda.so.1");
    }
}
