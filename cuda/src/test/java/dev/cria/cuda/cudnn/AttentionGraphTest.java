package dev.cria.cuda.cudnn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.cuda.driver.CudaLibrary;
import dev.cria.cuda.driver.FoundLibrary;
import dev.cria.cuda.driver.LibrarySearch;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** cuDNN takes our graphs: it needs no GPU to check them, nor to compile them for one that is described to it. */
class AttentionGraphTest {
    /** An H100, as cuDNN writes down what it knows of a device. */
    private static final String H100 = """
            {"deviceName": "NVIDIA H100 80GB HBM3", "deviceVer": 900, "driverVer": 13000, "smCountOrigin": 0,
             "maxGridSize": [2147483647, 65535, 65535], "maxBlockSize": [1024, 1024, 64], "regsPerBlock": 65536,
             "multiProcessorCount": 132, "smClockRateKHz": 1980000, "memClockRateKHz": 2619000, "l2CacheSize": 52428800,
             "warpSize": 32, "maxSharedMemoryPerBlock": 49152, "maxSharedMemoryPerBlockOptin": 232448,
             "reservedSharedMemoryPerBlock": 1024, "maxRegistersPerSM": 65536, "pciDeviceId": 9008, "maxCtasPerSM": 32,
             "maxThreadsPerBlock": 1024, "maxThreadsPerSM": 2048, "isTccDriver": 0, "supportCoopLaunch": 1,
             "totalGlobalMem": 85029158912, "cudaDeviceId": 0}
            """;

    private static Cudnn cudnn() {
        Optional<FoundLibrary> library = LibrarySearch.of(List.of()).find(CudaLibrary.CUDNN, Integer.MAX_VALUE);
        assumeTrue(library.isPresent(), "no cuDNN on this machine");
        return new Cudnn(library.orElseThrow());
    }

    @Test
    void tellsItsVersion() {
        assertThat(cudnn().version()).isBetween(90_000L, 99_999L);
    }

    @ParameterizedTest
    @CsvSource({"8, 2048, 32, 4, 64", "1, 2, 1, 1, 8", "2, 300, 6, 3, 128", "3, 77, 4, 4, 64"})
    void isAGraph(int B, int T, int H, int K, int E) {
        Cudnn cudnn = cudnn();
        AttentionGraph shape = new AttentionGraph(B, T, H, K, E);
        try (OperationGraph forward = new OperationGraph(cudnn);
                OperationGraph backward = new OperationGraph(cudnn);
                OperationGraph unordered = new OperationGraph(cudnn)) {
            shape.forward(forward);
            assertThat(forward.finish(0)).isNotZero();
            shape.backward(backward, true);
            assertThat(backward.finish(0)).isNotZero();
            shape.backward(unordered, false);
            assertThat(unordered.finish(0)).isNotZero();
        }
    }

    @ParameterizedTest
    @CsvSource({"8, 2048, 32, 4, 64", "2, 300, 6, 3, 128"})
    void compilesForAnH100(int B, int T, int H, int K, int E) {
        Cudnn cudnn = cudnn();
        assumeTrue(hasDriver(), "cuDNN compiles only beside NVIDIA's driver");
        AttentionGraph shape = new AttentionGraph(B, T, H, K, E);
        long properties = cudnn.create(Codes.DEVICE_PROPERTIES);
        try {
            cudnn.setText(properties, Codes.DEVICE_JSON, H100);
            cudnn.finish(properties, "an H100");
            Plan.Target target = new Plan.Target(0, properties);
            OperationGraph forward = new OperationGraph(cudnn);
            shape.forward(forward);
            try (Plan plan = Plan.of(cudnn, forward, target)) {
                assertThat(plan.workspaceBytes()).isLessThan(1 << 20);
            }
            OperationGraph unordered = new OperationGraph(cudnn);
            shape.backward(unordered, false);
            try (Plan plan = Plan.of(cudnn, unordered, target)) {
                assertThat(plan.workspaceBytes()).isLessThan(2L * B * T * H * E * Float.BYTES + (8 << 20));
            }
            OperationGraph backward = new OperationGraph(cudnn);
            shape.backward(backward, true);
            try (Plan plan = Plan.of(cudnn, backward, target)) {
                // dS of all pairs, and dQ's like.
                long slopes = (long) B * H * T * T * Short.BYTES;
                assertThat(plan.workspaceBytes()).isBetween(slopes, 2 * slopes + (8 << 20));
            }
        } finally {
            cudnn.destroy(properties);
        }
    }

    private static boolean hasDriver() {
        try (Arena arena = Arena.ofConfined()) {
            return SymbolLookup.libraryLookup("libcuda.so.1", arena)
                    .find("cuLibraryLoadData")
                    .isPresent();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Test
    void aWorkspaceOfSlopesIsBounded() {
        assertThat(CudnnAttention.sequencesAtOnce(16, 2048, 32, 1L << 30)).isEqualTo(4);
        assertThat(CudnnAttention.sequencesAtOnce(6, 2048, 32, 1L << 30)).isEqualTo(3);
        assertThat(CudnnAttention.sequencesAtOnce(7, 2048, 32, 1L << 30)).isEqualTo(1);
        assertThat(CudnnAttention.sequencesAtOnce(16, 2048, 32, 600L << 20)).isEqualTo(2);
        assertThat(CudnnAttention.sequencesAtOnce(8, 16, 4, 1L << 30)).isEqualTo(8);
        assertThat(CudnnAttention.sequencesAtOnce(2, 8192, 32, 1L << 30)).isEqualTo(1);
    }
}
