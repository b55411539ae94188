package dev.cria.cuda.compile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class KernelSourceTest {
    private static final String SOURCE = """
            #include "cache.cuh"
            KERNEL first(int n) {}
            KERNEL __launch_bounds__(128, 2) second(
                float* x, int n) {
            }
            """;

    @Test
    void headersComeWithThoseThatTheyInclude() {
        KernelSource source = KernelSource.of("test", SOURCE);
        assertThat(source.headers()).containsKeys("cache.cuh", "device.cuh");
        assertThat(source.headers().get("device.cuh")).contains("KERNEL");
    }

    @Test
    void aHeaderThatIsNotThereIsToldByName() {
        assertThatIllegalStateException()
                .isThrownBy(() -> KernelSource.of("test", "#include \"absent.cuh\"\n"))
                .withMessageContaining("absent.cuh");
    }

    @Test
    void oneKernelAloneLeavesTheOthersAsPlainFunctions() {
        KernelSource alone = KernelSource.of("test", SOURCE).only("second");
        assertThat(alone.name()).isEqualTo("test.second");
        assertThat(alone.text())
                .contains("static __device__ void first(int n) {}")
                .contains("KERNEL __launch_bounds__(128, 2) second(\n");
        assertThat(KernelSignature.parse(alone.text())).containsOnlyKeys("second");
        assertThat(KernelSource.of("test", SOURCE).only("first").text())
                .contains("KERNEL first(int n) {}")
                .contains("static __device__ void second(\n");
    }
}
