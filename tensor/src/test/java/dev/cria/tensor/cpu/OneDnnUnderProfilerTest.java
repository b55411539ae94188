package dev.cria.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A sampling profiler's signals must not reach oneDNN: they broke the C heap, which ends this process; see {@link SignalShield}. */
@Tag("slow")
class OneDnnUnderProfilerTest {
    private static final long SECONDS = 10;

    @Test
    void productsSurviveTheFlightRecorder() throws Exception {
        Optional<Gemm> gemm = OneDnnGemm.open();
        assumeTrue(gemm.isPresent(), "no oneDNN for " + NativeLibraries.platform());
        try (Recording recording = new Recording();
                Arena arena = Arena.ofShared()) {
            recording.enable("jdk.ExecutionSample").withPeriod(Duration.ofMillis(1));
            recording.enable("jdk.NativeMethodSample").withPeriod(Duration.ofMillis(1));
            recording.start();
            List<Thread> threads = new ArrayList<>();
            MemorySegment results = arena.allocate(ValueLayout.JAVA_FLOAT, 2);
            for (int t = 0; t < 2; t++) {
                int slot = t;
                threads.add(Thread.ofPlatform()
                        .start(() -> results.setAtIndex(ValueLayout.JAVA_FLOAT, slot, multiply(gemm.get(), arena))));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            for (int t = 0; t < 2; t++) {
                assertThat(results.getAtIndex(ValueLayout.JAVA_FLOAT, t)).isEqualTo(256f);
            }
        }
    }

    /** Products of the shapes that training has, with small allocations between them; the last element of the last result. */
    private static float multiply(Gemm gemm, Arena arena) {
        int[][] shapes = {{96, 256, 48}, {256, 48, 96}, {512, 288, 256}};
        MemorySegment ones = arena.allocate(512 * 288 * 4L, 64);
        for (long i = 0; i < 512 * 288; i++) {
            ones.setAtIndex(ValueLayout.JAVA_FLOAT, i, 1);
        }
        MemorySegment c = arena.allocate(512 * 288 * 4L, 64);
        long end = System.nanoTime() + SECONDS * 1_000_000_000;
        while (System.nanoTime() < end) {
            for (int[] s : shapes) {
                boolean transposeA = s[1] == 48;
                long lda = transposeA ? s[0] : s[2];
                gemm.multiply(
                        transposeA,
                        false,
                        s[0],
                        s[1],
                        s[2],
                        ones.address(),
                        lda,
                        ones.address(),
                        s[1],
                        false,
                        c.address(),
                        s[1]);
            }
            try (Arena small = Arena.ofConfined()) {
                small.allocate(48_000);
            }
        }
        return c.getAtIndex(ValueLayout.JAVA_FLOAT, 512 * 288 - 1);
    }
}
