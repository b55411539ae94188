package dev.cria.cuda.launch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.cria.cuda.CudaOptions;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.driver.LibrarySearch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LaunchTest {
    private Cuda cuda;
    private Workspace workspace;
    private KernelModule module;

    @BeforeEach
    void open() {
        CudaOptions options = GpuUnderTest.options();
        cuda = Cuda.open(
                LibrarySearch.of(options.libraries()),
                options.ordinal(),
                new DiskCache(options.cache(), 1 << 28),
                options.debugging());
        workspace = cuda.workspace();
        module = cuda.modules().of("launch_test", DType.F32);
    }

    @AfterEach
    void close() {
        if (cuda != null) {
            workspace.close();
            cuda.close();
        }
    }

    @Test
    void everyKindOfArgumentArrives() {
        Tensor out = workspace.allocate(DType.F32, 12);
        CudaKernel kernel = module.kernel("arguments");
        for (int time = 0; time < 2; time++) {
            kernel.call()
                    .tensor(out)
                    .int32(-7 - time)
                    .int32(-1)
                    .int64(-5_000_000_000L)
                    .int64(1L << 40)
                    .float32(1.5f)
                    .float64(Math.PI)
                    .launch(1, 32);
            double[] values = new double[6];
            cuda.download(out.data().address(), MemorySegment.ofArray(values));
            assertThat(values).containsExactly(-7 - time, 4294967295.0, -5e9, 0x1p40, 1.5, Math.PI);
        }
    }

    @Test
    void theGridTheBlockAndMoreSharedMemoryThanUsualArrive() {
        int sharedInts = 24 << 10;
        Tensor out = workspace.allocate(DType.I32, 2 * 3 * 4);
        module.kernel("places").call().tensor(out).int32(sharedInts).launch(2, 3, 4, 64, 4 * sharedInts);
        int[] places = ints(out);
        for (int block = 0; block < places.length; block++) {
            assertThat(places[block]).isEqualTo(block * 1000 + 64 + sharedInts - 1);
        }
    }

    @Test
    void anEmptyGridStartsNothing() {
        Tensor x = workspace.allocate(DType.F32, 4);
        CudaKernel count = module.kernel("count");
        count.call().tensor(x).int32(4).launch(0, 32);
        count.call().tensor(x).int32(4).launch(1, 0, 1, 32, 0);
        assertThat(floats(x)).containsOnly(0);
    }

    @Test
    void wrongArgumentsAreRefusedBeforeTheGpuSeesThem() {
        Tensor x = workspace.allocate(DType.F32, 4);
        CudaKernel count = module.kernel("count");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> count.call().tensor(x).int64(4))
                .withMessageContaining("argument 1 of kernel count is given as INT64, declared INT32");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> count.call().tensor(x).launch(1, 32))
                .withMessageContaining("2 parameters, given are 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> module.kernel("absent"))
                .withMessageContaining("launch_test.cu declares no kernel absent");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> count.call().tensor(x).int32(4).launch(1, 1, 1, 32, 1 << 20))
                .withMessageContaining("launch_test.count asks for 1048576 bytes of shared memory");
    }

    @Test
    void workThatIsRepeatedIsRecordedAndGivesWhatItGavePlainly() {
        Tensor x = workspace.allocate(DType.F32, 100);
        CudaKernel count = module.kernel("count");
        int[] ran = new int[1];
        try (CudaGraph graph = cuda.repeated(() -> {
            ran[0]++;
            count.call().tensor(x).int32(100).launch(1, 128);
            count.call().tensor(x.rows(0, 50)).int32(50).launch(1, 128);
        })) {
            for (int time = 1; time <= 6; time++) {
                graph.run();
                float[] values = floats(x);
                assertThat(Arrays.copyOf(values, 50)).containsOnly(2 * time);
                assertThat(Arrays.copyOfRange(values, 50, 100)).containsOnly(time);
            }
        }
        assertThat(ran[0]).isEqualTo(2);
    }

    @Test
    void scratchGrowsAndARecordingKeepsWhatItHas() {
        CudaKernel count = module.kernel("count");
        CudaKernel copy = module.kernel("count");
        assertThat(cuda.scratch("a test", 100).bytes()).isGreaterThanOrEqualTo(100);
        Tensor x = workspace.allocate(DType.F32, 10);
        try (CudaGraph graph = cuda.repeated(() -> {
            cuda.scratch("a test", 100);
            count.call().scratch(cuda.scratch("a test", 100)).int32(10).launch(1, 32);
            copy.call().tensor(x).int32(10).launch(1, 32);
        })) {
            graph.run();
            graph.run();
            long before = cuda.scratch("a test", 100).address();
            assertThat(cuda.scratch("a test", 10 << 20).address()).isNotEqualTo(before);
            // What the recording writes to must not be lent to anyone else.
            Tensor other = workspace.allocate(DType.F32, 25);
            assertThat(other.data().address()).isNotEqualTo(before);
            graph.run();
            assertThat(floats(other)).containsOnly(0);
            assertThat(floats(x)).containsOnly(3);
        }
    }

    @Test
    void workThatCannotBeRecordedSaysSoAndLeavesTheGpuUsable() {
        Tensor x = workspace.allocate(DType.F32, 4);
        try (CudaGraph graph = cuda.repeated(
                () -> cuda.upload(MemorySegment.ofArray(new float[4]), x.data().address()))) {
            graph.run();
            org.assertj.core.api.Assertions.assertThatIllegalStateException()
                    .isThrownBy(graph::run)
                    .withMessageContaining("an upload while work is recorded");
        }
        module.kernel("count").call().tensor(x).int32(4).launch(1, 32);
        assertThat(floats(x)).containsOnly(1);
    }

    @Test
    void aProfileCountsEveryLaunchByItsKernel() {
        Tensor x = workspace.allocate(DType.F32, 4);
        CudaKernel count = module.kernel("count");
        count.call().tensor(x).int32(4).launch(1, 32);
        LaunchProfile profile = cuda.startProfile();
        try (CudaGraph graph =
                cuda.repeated(() -> count.call().tensor(x).int32(4).launch(1, 32))) {
            for (int time = 0; time < 700; time++) {
                graph.run();
            }
        }
        assertThat(profile.lines()).singleElement().satisfies(line -> {
            assertThat(line.name()).isEqualTo("launch_test.count");
            assertThat(line.launches()).isEqualTo(700);
            assertThat(line.milliseconds()).isPositive();
        });
        assertThat(profile.table()).contains("100.0%").contains("launch_test.count");
        profile.clear();
        assertThat(profile.lines()).isEmpty();
        assertThat(floats(x)).containsOnly(701);
    }

    private float[] floats(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        cuda.download(tensor.data().address(), MemorySegment.ofArray(values));
        return values;
    }

    private int[] ints(Tensor tensor) {
        int[] values = new int[Math.toIntExact(tensor.elements())];
        cuda.download(tensor.data().address(), MemorySegment.ofArray(values));
        return values;
    }
}
