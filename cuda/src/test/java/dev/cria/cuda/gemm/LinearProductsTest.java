package dev.cria.cuda.gemm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.cuda.CudaDevice;
import dev.cria.cuda.CudaOptions;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Precision;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Products of small whole numbers, which every type holds exactly: the results are exact too, whatever the order of sums. */
class LinearProductsTest {
    /** N, O, I of layers; odd ones leave rows aligned to their elements alone. */
    private static final int[][] LAYERS = {{1, 1, 1}, {3, 5, 7}, {17, 33, 20}, {64, 48, 32}, {2, 1, 9}, {40, 3, 1}};

    @TempDir
    Path folder;

    private final Random random = new Random(4);
    private CudaDevice device;
    private Workspace workspace;

    @BeforeEach
    void open() {
        open(GpuUnderTest.options().withPrecision(Precision.BF16));
    }

    private void open(CudaOptions options) {
        close();
        device = CudaDevice.open(options);
        workspace = device.workspace();
    }

    @AfterEach
    void close() {
        if (device != null) {
            workspace.close();
            device.close();
        }
    }

    @Test
    void theThreeProductsOfALayer() {
        for (DType type : List.of(DType.F32, DType.BF16)) {
            for (int[] layer : LAYERS) {
                for (boolean accumulate : new boolean[] {false, true}) {
                    threeProducts(type, layer[0], layer[1], layer[2], accumulate);
                }
            }
        }
    }

    @Test
    void emptyLayersAreSumsOfNothing() {
        for (int[] layer : new int[][] {{0, 3, 4}, {3, 0, 4}, {3, 4, 0}}) {
            threeProducts(DType.F32, layer[0], layer[1], layer[2], false);
            threeProducts(DType.BF16, layer[0], layer[1], layer[2], true);
        }
    }

    @Test
    void tryingAlgorithmsAddsOnceAndItsChoiceIsFoundAgain() {
        for (int time = 0; time < 2; time++) {
            open(GpuUnderTest.options()
                    .withPrecision(Precision.BF16)
                    .withTiming(true)
                    .withCache(folder));
            threeProducts(DType.BF16, 17, 33, 20, true);
            threeProducts(DType.F32, 17, 33, 20, false);
            threeProducts(DType.F32, 17, 33, 20, true);
            assertThat(folder.toFile().list()).hasSize(9);
        }
    }

    @Test
    void tf32RoundsOperandsWhereAskedAndNeverForExactArithmetic() {
        float fine = 1 + 0x1p-13f;
        for (boolean tensorFloat : new boolean[] {false, true}) {
            open(GpuUnderTest.options().withTensorFloat(tensorFloat));
            float[] x = new float[17 * 16];
            float[] w = new float[3 * 16];
            for (int i = 0; i < 17; i++) {
                x[i * 16 + i % 16] = fine;
            }
            Arrays.fill(w, 1);
            Tensor y = device(DType.F32, new float[17 * 3], 17, 3);
            Tensor xs = device(DType.F32, x, 17, 16);
            Tensor ws = device(DType.F32, w, 3, 16);
            device.kernels().linear(y, xs, ws, false);
            assertThat(host(y)).containsOnly(tensorFloat ? 1 : fine);
            device.kernels().project(y, xs, List.of(ws), Arithmetic.EXACT);
            assertThat(host(y)).containsOnly(fine);
        }
    }

    @Test
    void weightsOfOtherTypesAreWidenedAndInputsRoundedOnlyWhenFast() {
        float fine = 1 + 0x1p-13f;
        for (Arithmetic arithmetic : Arithmetic.values()) {
            float[] x = new float[17 * 4];
            Arrays.fill(x, fine);
            float[] w = numbers(6 * 4);
            Tensor xs = device(DType.F32, x, 17, 4);
            Tensor plain = device(DType.F32, w, 6, 4);
            Tensor narrow = device(DType.BF16, w, 6, 4);
            Tensor y = device(DType.F32, new float[17 * 12], 17, 12);
            device.kernels().project(y, xs, List.of(plain, narrow), arithmetic);
            float input = arithmetic == Arithmetic.FAST ? 1 : fine;
            assertThat(host(y))
                    .containsExactly(sums(
                            new float[17 * 12],
                            false,
                            17,
                            12,
                            4,
                            (n, o, i) -> (o < 6 ? fine : input) * w[o % 6 * 4 + i]));
        }
    }

    private void threeProducts(DType type, int N, int O, int I, boolean accumulate) {
        float[] x = numbers(N * I);
        float[] w = numbers(O * I);
        float[] dy = numbers(N * O);
        // Behind one row of padding, so that rows begin where they happen to.
        Tensor xs = device(type, x, N, I);
        Tensor ws = device(type, w, O, I);
        Tensor dys = device(type, dy, N, O);

        float[] y = numbers(N * O);
        Tensor ys = device(type, y, N, O);
        device.kernels().linear(ys, xs, ws, accumulate);
        assertThat(host(ys))
                .as("y of %s %d %d %d", type, N, O, I)
                .containsExactly(sums(y, accumulate, N, O, I, (n, o, i) -> x[n * I + i] * w[o * I + i]));

        float[] dx = numbers(N * I);
        Tensor dxs = device(type, dx, N, I);
        device.kernels().linearBackwardInput(dxs, dys, ws, accumulate);
        assertThat(host(dxs))
                .as("dx of %s %d %d %d", type, N, O, I)
                .containsExactly(sums(dx, accumulate, N, I, O, (n, i, o) -> dy[n * O + o] * w[o * I + i]));

        float[] dw = numbers(O * I);
        Tensor dws = device(DType.F32, dw, O, I);
        device.kernels().linearBackwardWeight(dws, dys, xs, accumulate);
        assertThat(host(dws))
                .as("dw of %s %d %d %d", type, N, O, I)
                .containsExactly(sums(dw, accumulate, O, I, N, (o, i, n) -> dy[n * O + o] * x[n * I + i]));
    }

    @Test
    void weightsAsTheyAreStoredWriteColumnsOfTheirOwn() {
        int N = 20;
        int I = 24;
        for (DType type : List.of(DType.F32, DType.BF16)) {
            float[] x = numbers(N * I);
            float[] first = numbers(5 * I);
            float[] second = numbers(3 * I);
            List<Tensor> weights = List.of(device(type, first, 5, I), device(type, second, 3, I));
            Tensor xs = device(type, x, N, I);
            float[] expected = sums(
                    new float[N * 8],
                    false,
                    N,
                    8,
                    I,
                    (n, o, i) -> x[n * I + i] * (o < 5 ? first[o * I + i] : second[(o - 5) * I + i]));
            Tensor y = device(type, numbers(N * 8), N, 8);
            device.kernels().frozenLinear(y, xs, weights);
            assertThat(host(y)).containsExactly(expected);
            if (type == DType.F32) {
                Tensor projected = device(type, numbers(N * 8), N, 8);
                device.kernels().project(projected, xs, weights, Arithmetic.EXACT);
                assertThat(host(projected)).containsExactly(expected);
            }

            float[] dy = numbers(N * 8);
            Tensor dx = device(type, numbers(N * I), N, I);
            device.kernels().frozenLinearBackwardInput(dx, device(type, dy, N, 8), weights);
            assertThat(host(dx))
                    .containsExactly(sums(
                            new float[N * I],
                            false,
                            N,
                            I,
                            8,
                            (n, i, o) -> dy[n * 8 + o] * (o < 5 ? first[o * I + i] : second[(o - 5) * I + i])));
        }
    }

    @FunctionalInterface
    private interface Term {
        float at(int row, int column, int k);
    }

    private static float[] sums(float[] before, boolean accumulate, int rows, int columns, int K, Term term) {
        float[] sums = new float[rows * columns];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                float sum = accumulate ? before[r * columns + c] : 0;
                for (int k = 0; k < K; k++) {
                    sum += term.at(r, c, k);
                }
                sums[r * columns + c] = sum;
            }
        }
        return sums;
    }

    /** Whole numbers so small that no sum here needs more than the 8 bits of bf16. */
    private float[] numbers(int count) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = random.nextInt(5) - 2;
        }
        return numbers;
    }

    private Tensor device(DType type, float[] values, int rows, int columns) {
        Tensor padded = workspace.allocate(type, rows + 1, columns);
        Tensor tensor = padded.rows(1, rows + 1);
        if (type == DType.F32) {
            device.upload(MemorySegment.ofArray(values), tensor);
        } else {
            short[] bits = new short[values.length];
            for (int i = 0; i < bits.length; i++) {
                bits[i] = (short) (Float.floatToRawIntBits(values[i]) >>> 16);
            }
            device.upload(MemorySegment.ofArray(bits), tensor);
        }
        return tensor;
    }

    private float[] host(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.elements())];
        if (tensor.dtype() == DType.F32) {
            device.download(tensor, MemorySegment.ofArray(values));
            return values;
        }
        short[] bits = new short[values.length];
        device.download(tensor, MemorySegment.ofArray(bits));
        for (int i = 0; i < bits.length; i++) {
            values[i] = Float.intBitsToFloat(bits[i] << 16);
        }
        return values;
    }
}
