package dev.cria.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.base.ReferenceData;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AmxLeafTest {
    private static final int[] ROWS = {1, 15, 16, 17, 32, 33, 70, 300};
    private static final int[] DEPTHS = {1, 2, 31, 32, 33, 288, 1100};

    @Test
    void theShippedLibraryWasBuiltFromTheSourcesHere() throws Exception {
        assertThat(shipped().sourceHash()).isEqualTo(hashOfSources());
    }

    @Test
    void multipliesEveryShapeAndTransposition() {
        checkProducts(executable(shipped()));
    }

    @Test
    void aFreshBuildMultipliesToo(@TempDir Path dir) throws Exception {
        Path gcc = Path.of("/usr/bin/gcc");
        assumeTrue(Files.isExecutable(gcc), "no gcc to rebuild the leaf kernels with");
        Path output = dir.resolve("libcria.so");
        Process build = new ProcessBuilder(sources().resolve("build.sh").toString(), output.toString())
                .redirectErrorStream(true)
                .start();
        String log = new String(build.getInputStream().readAllBytes());
        assertThat(build.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(build.exitValue()).as(log).isZero();
        AmxLeaf leaf = new AmxLeaf(NativeLibraries.open(output));
        assertThat(leaf.sourceHash()).isEqualTo(hashOfSources());
        checkProducts(executable(leaf));
    }

    private static AmxLeaf shipped() {
        assumeTrue(NativeLibraries.platform().equals("linux-x86_64"), "leaf kernels are shipped for linux-x86_64 only");
        return new AmxLeaf(LeafLibrary.open().symbols().orElseThrow());
    }

    private static AmxLeaf executable(AmxLeaf leaf) {
        assumeTrue(leaf.probe() == 0, MatrixEngine.detect(LeafLibrary.open()).reason());
        return leaf;
    }

    private static Path sources() {
        return ReferenceData.repositoryRoot().resolve("tensor/src/main/c");
    }

    private static String hashOfSources() throws Exception {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (String end : List.of(".c", ".h")) {
            try (Stream<Path> files = Files.list(sources())) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(end)).sorted().toList()) {
                    all.writeBytes(Files.readAllBytes(file));
                }
            }
        }
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(all.toByteArray()));
    }

    private static void checkProducts(AmxLeaf leaf) {
        SplittableRandom random = new SplittableRandom(1);
        try (Arena arena = Arena.ofConfined()) {
            Gemm gemm = new AmxGemm(leaf);
            for (int m : ROWS) {
                for (int k : DEPTHS) {
                    int n = ROWS[random.nextInt(ROWS.length)];
                    boolean transposeA = random.nextBoolean();
                    boolean transposeB = random.nextBoolean();
                    checkProduct(gemm, arena, random, m, n, k, transposeA, transposeB, random.nextBoolean());
                }
            }
        }
    }

    private static void checkProduct(
            Gemm gemm,
            Arena arena,
            SplittableRandom random,
            int m,
            int n,
            int k,
            boolean transposeA,
            boolean transposeB,
            boolean accumulate) {
        // Leading dimensions are wider than the rows, and C has a guard around it that must stay as it is.
        int lda = (transposeA ? m : k) + 3;
        int ldb = (transposeB ? k : n) + 5;
        int ldc = n + 2;
        MemorySegment a = random(arena, random, (transposeA ? k : m) * lda);
        MemorySegment b = random(arena, random, (transposeB ? n : k) * ldb);
        MemorySegment c = random(arena, random, m * ldc);
        float[] before = c.toArray(ValueLayout.JAVA_FLOAT);
        gemm.multiply(
                transposeA, transposeB, m, n, k, a.address(), lda, b.address(), ldb, accumulate, c.address(), ldc);
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < ldc; j++) {
                float actual = c.getAtIndex(ValueLayout.JAVA_FLOAT, (long) i * ldc + j);
                if (j >= n) {
                    assertThat(actual).isEqualTo(before[i * ldc + j]);
                    continue;
                }
                double expected = accumulate ? before[i * ldc + j] : 0;
                for (int p = 0; p < k; p++) {
                    expected += (double) bf16(get(a, transposeA ? p * lda + i : i * lda + p))
                            * bf16(get(b, transposeB ? j * ldb + p : p * ldb + j));
                }
                assertThat((double) actual)
                        .as("m=%d n=%d k=%d tA=%b tB=%b at %d,%d", m, n, k, transposeA, transposeB, i, j)
                        .isCloseTo(expected, org.assertj.core.data.Offset.offset(2e-4));
            }
        }
    }

    private static float get(MemorySegment segment, int i) {
        return segment.getAtIndex(ValueLayout.JAVA_FLOAT, i);
    }

    private static float bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
    }

    private static MemorySegment random(Arena arena, SplittableRandom random, int count) {
        MemorySegment segment = arena.allocate(count * 4L, 64);
        for (int i = 0; i < count; i++) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-2, 2));
        }
        return segment;
    }
}
