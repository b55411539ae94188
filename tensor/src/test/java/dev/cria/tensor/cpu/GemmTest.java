package dev.cria.tensor.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every leaf and the parallel product against the scalar one: all forms, sub-blocks of wider matrices, and nothing written beside C. */
class GemmTest {
    private static final int[][] SHAPES = { // m, n, k
        {1, 1, 1},
        {12, 32, 5},
        {13, 33, 7},
        {6, 16, 321},
        {11, 31, 640},
        {25, 65, 50},
        {96, 128, 48},
        {96, 48, 128},
        {193, 40, 330},
        {5, 1030, 9},
        {200, 200, 2},
        {3, 7, 0},
        {0, 5, 4},
        {4, 0, 4}
    };

    static Stream<Gemm> leaves() {
        return Stream.of(new VectorGemm());
    }

    /** A matrix inside a wider one, filled with random numbers. */
    private record Block(MemorySegment memory, long address, int stride) {
        static Block random(Arena arena, Random random, int rows, int columns) {
            int stride = columns + random.nextInt(5);
            MemorySegment memory = arena.allocate((long) (rows * stride + 8) * Float.BYTES, 4);
            for (long i = 0; i < memory.byteSize() / 4; i++) {
                memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
            }
            return new Block(memory, memory.address() + 4L * 4, stride);
        }

        float[] copy() {
            return memory.toArray(ValueLayout.JAVA_FLOAT);
        }
    }

    @ParameterizedTest
    @MethodSource("leaves")
    void equalsTheScalarProduct(Gemm gemm) {
        for (int[] shape : SHAPES) {
            for (int form = 0; form < 8; form++) {
                check(gemm::multiply, shape[0], shape[1], shape[2], (form & 1) != 0, (form & 2) != 0, (form & 4) != 0);
            }
        }
    }

    @Test
    void parallelProductEqualsTheScalarOne() {
        try (WorkerPool pool = new WorkerPool(3)) {
            ParallelGemm gemm = new ParallelGemm(pool, new VectorGemm());
            int[][] large = {{700, 900, 20}, {1, 3000, 40}, {3, 500, 33}, {1200, 12, 700}, {9, 2500, 300}};
            for (int[] shape : large) {
                for (int form = 0; form < 8; form++) {
                    check(
                            gemm::multiply,
                            shape[0],
                            shape[1],
                            shape[2],
                            (form & 1) != 0,
                            (form & 2) != 0,
                            (form & 4) != 0);
                }
            }
        }
    }

    @FunctionalInterface
    private interface Product {
        void multiply(
                boolean transposeA,
                boolean transposeB,
                int m,
                int n,
                int k,
                long a,
                long lda,
                long b,
                long ldb,
                boolean accumulate,
                long c,
                long ldc);
    }

    private static void check(
            Product product, int m, int n, int k, boolean transposeA, boolean transposeB, boolean accumulate) {
        try (Arena arena = Arena.ofConfined()) {
            Random random = new Random(m * 31L + n * 7L + k);
            Block a = transposeA ? Block.random(arena, random, k, m) : Block.random(arena, random, m, k);
            Block b = transposeB ? Block.random(arena, random, n, k) : Block.random(arena, random, k, n);
            Block c = Block.random(arena, random, m, n);
            MemorySegment copy = arena.allocate(c.memory.byteSize(), 4).copyFrom(c.memory);
            Block expected = new Block(copy, copy.address() + 16, c.stride);
            product.multiply(
                    transposeA,
                    transposeB,
                    m,
                    n,
                    k,
                    a.address,
                    a.stride,
                    b.address,
                    b.stride,
                    accumulate,
                    c.address,
                    c.stride);
            new ScalarGemm()
                    .multiply(
                            transposeA,
                            transposeB,
                            m,
                            n,
                            k,
                            a.address,
                            a.stride,
                            b.address,
                            b.stride,
                            accumulate,
                            expected.address,
                            expected.stride);
            float[] actual = c.copy();
            float[] wanted = expected.copy();
            for (int i = 0; i < wanted.length; i++) {
                double error = Math.abs((double) actual[i] - wanted[i]);
                if (!(error <= 2e-6 * Math.sqrt(k + 1) * Math.max(1, Math.abs(wanted[i])))) {
                    throw new AssertionError("m=" + m + " n=" + n + " k=" + k + " transposed " + transposeA + " "
                            + transposeB + ": element " + i + " is " + actual[i] + ", expected " + wanted[i]);
                }
            }
        }
    }

    /** The machine chooses one register tile by its vector width; both must be right everywhere. */
    @Test
    void bothRegisterTilesAreRight() {
        int columns = 2 * Vectors.LANES;
        int k = 37;
        Random random = new Random(5);
        for (int rows : new int[] {VectorTile6x2.ROWS, VectorTile12x2.ROWS}) {
            float[] a = new float[rows * k + 3];
            float[] b = new float[columns * k + 5];
            for (int i = 0; i < a.length; i++) {
                a[i] = (float) random.nextGaussian();
            }
            for (int i = 0; i < b.length; i++) {
                b[i] = (float) random.nextGaussian();
            }
            float[] wide = new float[rows * columns];
            float[] narrow = new float[rows * columns];
            if (rows == VectorTile6x2.ROWS) {
                VectorTile6x2.multiply(k, a, 3, b, 5, wide);
                VectorTile6x1.multiply(k, a, 3, b, 5, narrow);
            } else {
                VectorTile12x2.multiply(k, a, 3, b, 5, wide);
                VectorTile12x1.multiply(k, a, 3, b, 5, narrow);
            }
            for (int i = 0; i < rows; i++) {
                for (int j = 0; j < columns; j++) {
                    float sum = 0;
                    for (int p = 0; p < k; p++) {
                        sum = Math.fma(a[3 + p * rows + i], b[5 + p * columns + j], sum);
                    }
                    assertThat(wide[i * columns + j]).isEqualTo(sum);
                    assertThat(narrow[i * columns + j]).isEqualTo(j < Vectors.LANES ? sum : 0);
                }
            }
        }
    }
}
