package dev.cria.cuda.fp8;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.cuda.CudaDevice;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.cuda.gemm.MatrixType;
import dev.cria.cuda.launch.LaunchProfile;
import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.Precision;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The three products of a layer against sums, in double precision, of operands rounded by the definition of FP8; and against the operands as they
 * were, within what 3 and 2 bits of mantissa allow: rounding to nearest moves a normal number by at most 2⁻⁴ of itself in E4M3, 2⁻³ in E5M2.
 */
class Fp8ProductsTest {
    private static final double E4M3_ERROR = 0x1p-4;
    private static final double E5M2_ERROR = 0x1p-3;
    /** The result's own rounding to bf16, once when it is stored and once when it is added. */
    private static final double BF16_ERROR = 0x1p-7;
    /** Of the sum of magnitudes: what tensor cores lose that keep about 14 bits of a sum. */
    private static final double SUM_ERROR = 0x1p-12;

    private final Random random = new Random(8);
    private Device device;
    private Workspace workspace;

    @BeforeEach
    void open() {
        open(1);
    }

    private void open(int order) {
        close();
        device = CudaDevice.open(GpuUnderTest.options(order).withPrecision(Precision.FP8));
        workspace = device.workspace();
    }

    @AfterEach
    void close() {
        if (device != null) {
            workspace.close();
            device.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"16, 16, 16, 1", "64, 48, 32, 2", "144, 272, 80, 3", "32, 16, 192, 1"})
    void theThreeProductsOfALayer(int N, int O, int I, int order) {
        open(order);
        for (boolean accumulate : new boolean[] {false, true}) {
            float[] x = numbers(N * I, 3);
            float[] w = numbers(O * I, 0.02f);
            float[] dy = numbers(N * O, 1e-5f);
            Tensor xs = device(DType.BF16, x, N, I);
            Tensor ws = device(DType.BF16, w, O, I);
            Tensor dys = device(DType.BF16, dy, N, O);
            Operand input = new Operand(x, MatrixType.E4M3);
            Operand weight = new Operand(w, MatrixType.E4M3);
            Operand slope = new Operand(dy, MatrixType.E5M2);

            float[] y = numbers(N * O, 1);
            Tensor ys = device(DType.BF16, y, N, O);
            device.kernels().linear(ys, xs, ws, accumulate);
            new Check(input, weight, accumulate ? y : new float[N * O], BF16_ERROR, I)
                    .run(host(ys), N, O, (n, k) -> n * I + k, (o, k) -> o * I + k);

            float[] dw = numbers(O * I, 1e-4f);
            Tensor dws = device(DType.F32, dw, O, I);
            device.kernels().linearBackwardWeight(dws, dys, xs, accumulate);
            new Check(slope, input, accumulate ? dw : new float[O * I], 0x1p-22, N)
                    .run(host(dws), O, I, (o, k) -> k * O + o, (i, k) -> k * I + i);

            float[] dx = numbers(N * I, 1e-6f);
            Tensor dxs = device(DType.BF16, dx, N, I);
            device.kernels().linearBackwardInput(dxs, dys, ws, accumulate);
            new Check(slope, weight, accumulate ? dx : new float[N * I], BF16_ERROR, O)
                    .run(host(dxs), N, I, (n, k) -> n * O + k, (i, k) -> k * I + i);
        }
    }

    /** A matrix with its numbers as FP8 has them. */
    private static final class Operand {
        final float[] numbers;
        final double[] rounded;
        final double error;
        /** What underflow may take from a number: half the step between the smallest. */
        final double least;

        Operand(float[] numbers, MatrixType format) {
            float scale = Fp8Reference.scale(numbers, format);
            this.numbers = numbers;
            this.rounded = new double[numbers.length];
            for (int i = 0; i < rounded.length; i++) {
                rounded[i] = Fp8Reference.rounded(numbers[i], scale, format);
            }
            this.error = format == MatrixType.E4M3 ? E4M3_ERROR : E5M2_ERROR;
            this.least = Fp8Reference.values(format)[1] / 2 / scale;
        }
    }

    @FunctionalInterface
    private interface Place {
        int of(int row, int k);
    }

    private record Check(Operand left, Operand right, float[] before, double resultError, int K) {
        void run(float[] actual, int rows, int columns, Place leftPlace, Place rightPlace) {
            double squaredError = 0;
            double squares = 0;
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++) {
                    double rounded = 0;
                    double exact = 0;
                    double magnitudes = 0;
                    double allowed = 0;
                    for (int k = 0; k < K; k++) {
                        int l = leftPlace.of(r, k);
                        int m = rightPlace.of(c, k);
                        double a = left.numbers[l];
                        double b = right.numbers[m];
                        rounded += left.rounded[l] * right.rounded[m];
                        exact += a * b;
                        magnitudes += Math.abs(a * b);
                        double errorA = Math.max(left.least, left.error * Math.abs(a));
                        double errorB = Math.max(right.least, right.error * Math.abs(b));
                        allowed += errorA * Math.abs(b) + errorB * Math.abs(a) + errorA * errorB;
                    }
                    float start = before[r * columns + c];
                    double own = resultError * (Math.abs(rounded) + Math.abs(start)) + SUM_ERROR * magnitudes;
                    double found = (double) actual[r * columns + c] - start;
                    assertThat(Math.abs(found - rounded))
                            .as("row %d, column %d: %s for %s", r, c, found, rounded)
                            .isLessThanOrEqualTo(own);
                    assertThat(Math.abs(found - exact)).isLessThanOrEqualTo(allowed + own);
                    squaredError += (rounded - exact) * (rounded - exact);
                    squares += exact * exact;
                }
            }
            // 8 bits at work, and no worse than they must be: one rounding of 2⁻⁴ or 2⁻³ at most is a third of that on
            // average.
            assertThat(Math.sqrt(squaredError / squares)).isBetween(0.01, (left.error + right.error) / 2);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "24, 32, 48", // N is no multiple of 16
        "32, 40, 48",
        "32, 32, 24",
        "32, 16, 208", // 13 times as wide as high
        "32, 256, 16" // an output head
    })
    void otherShapesAreAsInBf16(int N, int O, int I) {
        float[] x = numbers(N * I, 1);
        float[] w = numbers(O * I, 1);
        float[] dy = numbers(N * O, 1);
        float[][] fp8 = products(x, w, dy, N, O, I);
        close();
        device = CudaDevice.open(GpuUnderTest.options().withPrecision(Precision.BF16));
        workspace = device.workspace();
        assertThat(fp8).isDeepEqualTo(products(x, w, dy, N, O, I));
    }

    private float[][] products(float[] x, float[] w, float[] dy, int N, int O, int I) {
        Tensor xs = device(DType.BF16, x, N, I);
        Tensor ws = device(DType.BF16, w, O, I);
        Tensor dys = device(DType.BF16, dy, N, O);
        Tensor y = workspace.allocate(DType.BF16, N, O);
        Tensor dx = workspace.allocate(DType.BF16, N, I);
        Tensor dw = workspace.allocate(DType.F32, O, I);
        device.kernels().linear(y, xs, ws, false);
        device.kernels().linearBackwardInput(dx, dys, ws, false);
        device.kernels().linearBackwardWeight(dw, dys, xs, false);
        return new float[][] {host(y), host(dx), host(dw)};
    }

    @Test
    void nansAndInfinitiesShowInTheResult() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int which = 0; which < 3; which++) {
                float[][] operands = {numbers(32 * 32, 1), numbers(32 * 32, 1), numbers(32 * 32, 1)};
                operands[which][77] = bad;
                float[][] results = products(operands[0], operands[1], operands[2], 32, 32, 32);
                for (int result = 0; result < 3; result++) {
                    // y = x·w has no dy, dx = dy·w no x, dw = dy·x no w.
                    boolean touched = which != (result + 2) % 3;
                    for (float value : results[result]) {
                        assertThat(Float.isNaN(value))
                                .as("operand %d, result %d", which, result)
                                .isEqualTo(touched);
                    }
                }
            }
        }
    }

    @Test
    void zerosGiveZeros() {
        for (float[] result : products(new float[1024], numbers(1024, 1), new float[1024], 32, 32, 32)) {
            assertThat(result).containsOnly(0);
        }
    }

    @Test
    void whatIsWrittenAnewIsRoundedAnew() {
        int n = 32;
        float[] ones = new float[n * n];
        Arrays.fill(ones, 1);
        Tensor x = device(DType.BF16, ones, n, n);
        Tensor w = device(DType.BF16, ones, n, n);
        Tensor y = workspace.allocate(DType.BF16, n, n);
        linear(y, x, w, n);

        // A thousand times what the remembered scale was for.
        device.kernels().scale(x, 1024);
        linear(y, x, w, 1024 * n);

        Tensor part = w.rows(3, 4);
        device.kernels().fill(part, 4);
        device.kernels().linear(y, x, w, false);
        assertThat(host(y)[3]).isEqualTo(4 * 1024 * n);
        assertThat(host(y)[4]).isEqualTo(1024 * n);

        device.upload(MemorySegment.ofArray(bits(ones)), w);
        linear(y, x, w, 1024 * n);

        Tensor masters = device(DType.F32, ones, n, n);
        Tensor gradients = device(DType.F32, ones, n, n);
        Tensor first = workspace.allocate(DType.F32, n, n);
        Tensor second = workspace.allocate(DType.F32, n, n);
        device.kernels().adamW(masters, w, gradients, first, second, new AdamWStep(0.5f, 0.9f, 0.95f, 0, 0, 1, 1));
        linear(y, x, w, 512 * n);
    }

    /** The kernels before a product leave what its scales are chosen from: the numbers are those of a matrix that must be read for it. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void whatKernelsWriteNeedNotBeReadForItsScale(int order) {
        open(order);
        int N = 48;
        int D = 64;
        Tensor x = device(DType.BF16, numbers(N * D, 3), N, D);
        Tensor delta = device(DType.BF16, numbers(N * D, 50), N, D);
        Tensor norm = device(DType.F32, numbers(D, 1), 1, D).reshape(D);
        Tensor rstd = workspace.allocate(DType.F32, N);
        Tensor gateUp = device(DType.BF16, numbers(N * 2 * D, 2), N, 2 * D);
        Tensor w = device(DType.BF16, numbers(D * D, 1), D, D);
        Tensor wide = device(DType.BF16, numbers(2 * D * D, 1), 2 * D, D);
        Tensor y = workspace.allocate(DType.BF16, N, D);
        Tensor dWeight = workspace.allocate(DType.F32, D);
        Kernels kernels = device.kernels();
        sameAsACopy(y, () -> kernels.rmsNorm(y, rstd, x, norm, 1e-5f), w, true);
        sameAsACopy(y, () -> kernels.addRmsNorm(x, y, rstd, x, delta, norm, 1e-5f), w, true);
        sameAsACopy(y, () -> kernels.swiGlu(y, gateUp), w, true);
        sameAsACopy(y, () -> kernels.rmsNormBackward(y, dWeight, delta, x, rstd, norm), w, false);
        sameAsACopy(gateUp, () -> kernels.swiGluBackward(gateUp, y, gateUp), wide, false);

        float[] bad = numbers(N * D, 1);
        bad[N * D - 1] = Float.NaN;
        device.upload(MemorySegment.ofArray(bits(bad)), x);
        kernels.rmsNorm(y, rstd, x, norm, 1e-5f);
        kernels.linear(delta, y, w, false);
        assertThat(host(delta)).containsOnly(Float.NaN);
    }

    private void sameAsACopy(Tensor operand, Runnable kernel, Tensor w, boolean forward) {
        Tensor copy = workspace.allocate(DType.BF16, operand.dims());
        long rows = operand.dim(0);
        Tensor result = workspace.allocate(DType.BF16, rows, w.dim(forward ? 0 : 1));
        multiply(result, operand, w, forward);
        LaunchProfile profile = ((CudaDevice) device).profile();
        profile.clear();
        kernel.run();
        multiply(result, operand, w, forward);
        assertThat(profile.table()).contains("choose_scale").doesNotContain("largest_magnitude");
        float[] found = host(result);
        device.upload(MemorySegment.ofArray(bits(host(operand))), copy);
        multiply(result, copy, w, forward);
        assertThat(profile.table()).contains("largest_magnitude");
        assertThat(found).isEqualTo(host(result)).doesNotContain(Float.NaN);
    }

    private void multiply(Tensor result, Tensor operand, Tensor w, boolean forward) {
        if (forward) {
            device.kernels().linear(result, operand, w, false);
        } else {
            device.kernels().linearBackwardInput(result, operand, w, false);
        }
    }

    @Test
    void anInputIsReadAsGradientToo() {
        int n = 32;
        float[] x = numbers(n * n, 5);
        float[] w = numbers(n * n, 1);
        Tensor xs = device(DType.BF16, x, n, n);
        Tensor ws = device(DType.BF16, w, n, n);
        Tensor y = workspace.allocate(DType.BF16, n, n);
        Operand weight = new Operand(w, MatrixType.E4M3);
        for (int time = 0; time < 2; time++) {
            device.kernels().linear(y, xs, ws, false);
            new Check(new Operand(x, MatrixType.E4M3), weight, new float[n * n], BF16_ERROR, n)
                    .run(host(y), n, n, (r, k) -> r * n + k, (o, k) -> o * n + k);
            device.kernels().linearBackwardInput(y, xs, ws, false);
            new Check(new Operand(x, MatrixType.E5M2), weight, new float[n * n], BF16_ERROR, n)
                    .run(host(y), n, n, (r, k) -> r * n + k, (i, k) -> k * n + i);
        }
    }

    @Test
    void copiesOfAClosedModelsWeightsAreGivenBack() {
        long free = 0;
        for (int I = 192; I > 0; I -= 48) {
            try (Workspace own = device.workspace()) {
                Tensor w = own.allocate(DType.BF16, 64, I);
                device.kernels().linear(own.allocate(DType.BF16, 64, 64), own.allocate(DType.BF16, 64, I), w, false);
            }
            long now = device.freeBytes().orElseThrow();
            assertThat(free == 0 || free == now).isTrue();
            free = now;
        }
    }

    private void linear(Tensor y, Tensor x, Tensor w, float expected) {
        device.kernels().linear(y, x, w, false);
        assertThat(host(y)).containsOnly(expected);
    }

    /** Normal numbers as bf16 has them. */
    private float[] numbers(int count, float size) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            int bits = Float.floatToRawIntBits((float) random.nextGaussian() * size);
            numbers[i] = Float.intBitsToFloat(bits & 0xffff0000);
        }
        return numbers;
    }

    private static short[] bits(float[] values) {
        short[] bits = new short[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = (short) (Float.floatToRawIntBits(values[i]) >>> 16);
        }
        return bits;
    }

    private Tensor device(DType type, float[] values, int rows, int columns) {
        Tensor tensor = workspace.allocate(type, rows, columns);
        device.upload(type == DType.F32 ? MemorySegment.ofArray(values) : MemorySegment.ofArray(bits(values)), tensor);
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
