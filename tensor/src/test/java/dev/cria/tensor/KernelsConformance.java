package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernels of every device do: the same as the scalar reference, to the last bit the same on every number of threads. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class KernelsConformance {
    private Device reference;
    private Device device;
    private Device twoThreads;
    private Device threeThreads;

    /** The device under test on so many threads, where it has threads. */
    protected abstract Device open(int threads);

    /** Largest difference of a matrix product or attention from the reference, relative to the size of the result. */
    protected double matrixTolerance() {
        return 1e-5;
    }

    /** The same for everything else. */
    protected double tolerance() {
        return 2e-6;
    }

    @BeforeAll
    void openDevices() {
        reference = CpuDevice.open(new CpuOptions(1, Precision.F32, Tier.SCALAR));
        device = open(1);
        twoThreads = open(2);
        threeThreads = open(3);
    }

    @AfterAll
    void closeDevices() {
        reference.close();
        device.close();
        twoThreads.close();
        threeThreads.close();
    }

    static Stream<KernelCase> cases() {
        return Stream.of(KernelCases.all(), StoredWeightCases.all(), CacheCases.all())
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsTheReference(KernelCase kernelCase) {
        List<HostTensor> expected = kernelCase.run(reference);
        List<HostTensor> actual = kernelCase.run(device);
        double tolerance = kernelCase.matrix() ? matrixTolerance() : tolerance();
        for (int i = 0; i < expected.size(); i++) {
            if (expected.get(i).dtype() == DType.F32) {
                assertClose(
                        kernelCase + ", argument " + i,
                        actual.get(i).toFloats(),
                        expected.get(i).toFloats(),
                        tolerance);
            } else {
                assertThat(actual.get(i).data().mismatch(expected.get(i).data()))
                        .isEqualTo(-1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void isTheSameOnAnyNumberOfThreads(KernelCase kernelCase) {
        List<HostTensor> one = kernelCase.run(device);
        for (Device other : List.of(device, twoThreads, threeThreads)) {
            List<HostTensor> again = kernelCase.run(other);
            for (int i = 0; i < one.size(); i++) {
                assertThat(again.get(i).data().mismatch(one.get(i).data()))
                        .as("first differing byte of argument %d", i)
                        .isEqualTo(-1);
            }
        }
    }

    /** Differences are relative to the value, or to the tensor's root mean square where that is larger. */
    static void assertClose(String what, float[] actual, float[] expected, double tolerance) {
        double squares = 0;
        for (float value : expected) {
            squares += Float.isFinite(value) ? (double) value * value : 0;
        }
        double size = Math.sqrt(squares / Math.max(1, expected.length));
        for (int i = 0; i < expected.length; i++) {
            boolean same = Float.compare(actual[i], expected[i]) == 0
                    || Math.abs((double) actual[i] - expected[i]) <= tolerance * Math.max(size, Math.abs(expected[i]));
            if (!same) {
                throw new AssertionError(
                        what + "[" + i + "] of " + expected.length + " is " + actual[i] + ", expected " + expected[i]);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = "I32", mode = EnumSource.Mode.EXCLUDE)
    void projectsFewRowsAsItProjectsOne(DType dtype) {
        int I = 1024;
        int O = 133;
        HostTensor x = HostTensor.normal(1, Kernels.FEW_ROWS, I);
        HostTensor w = StoredWeightCases.stored(dtype, 2, O, I);
        for (Arithmetic arithmetic : Arithmetic.values()) {
            float[] alone = new float[Kernels.FEW_ROWS * O];
            for (int n = 0; n < Kernels.FEW_ROWS; n++) {
                float[] row = Arrays.copyOfRange(x.toFloats(), n * I, (n + 1) * I);
                System.arraycopy(project(HostTensor.floats(row, 1, I), w, arithmetic), 0, alone, n * O, O);
            }
            for (int N = 1; N <= Kernels.FEW_ROWS; N++) {
                float[] rows = Arrays.copyOf(x.toFloats(), N * I);
                assertThat(project(HostTensor.floats(rows, N, I), w, arithmetic))
                        .as("%s rows, %s", N, arithmetic)
                        .isEqualTo(Arrays.copyOf(alone, N * O));
            }
        }
    }

    @Test
    void addsBlocksToFewRowsAsToOne() {
        int R = 21;
        int O = 1100;
        HostTensor x = HostTensor.normal(1, Kernels.FEW_ROWS, R);
        HostTensor block = HostTensor.normal(2, R, O);
        for (int N = 1; N <= Kernels.FEW_ROWS; N++) {
            float[] together = addBlock(HostTensor.floats(Arrays.copyOf(x.toFloats(), N * R), N, R), block);
            float[] row = Arrays.copyOfRange(x.toFloats(), (N - 1) * R, N * R);
            assertThat(addBlock(HostTensor.floats(row, 1, R), block))
                    .as("row %s", N - 1)
                    .isEqualTo(Arrays.copyOfRange(together, (N - 1) * O, N * O));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F16", "BF16", "Q8_0"})
    void attendsInASlotAsInACacheOfItsOwn(DType dtype) {
        int S = 3;
        int C = 90;
        HostTensor q = HostTensor.normal(5, S, 8, 64);
        HostTensor keys = StoredWeightCases.stored(dtype, 6, S, C, 2, 64);
        HostTensor values = StoredWeightCases.stored(dtype, 7, S, C, 2, 64);
        int[] positions = {C - 1, 0, 40};
        try (Workspace workspace = device.workspace()) {
            Tensor together = workspace.allocate(DType.F32, S, 8 * 64);
            Tensor alone = workspace.allocate(DType.F32, S, 8 * 64);
            Tensor k = keys.on(device, workspace);
            Tensor v = values.on(device, workspace);
            Tensor from = q.on(device, workspace);
            Tensor slots = HostTensor.ints(S, n -> n).on(device, workspace);
            Tensor places = HostTensor.ints(S, n -> positions[n]).on(device, workspace);
            device.kernels().attentionCached(together, from, k, v, slots, places, 8);
            for (int n = 0; n < S; n++) {
                Tensor ownKeys = k.rows(n, n + 1).reshape(C, 2, 64);
                Tensor ownValues = v.rows(n, n + 1).reshape(C, 2, 64);
                Tensor to = alone.rows(n, n + 1);
                device.kernels().attentionCached(to, from.rows(n, n + 1), ownKeys, ownValues, positions[n], 8);
            }
            assertThat(HostTensor.from(device, together).toFloats())
                    .isEqualTo(HostTensor.from(device, alone).toFloats());
        }
    }

    private float[] addBlock(HostTensor x, HostTensor block) {
        HostTensor y = HostTensor.zeros(x.dims()[0], block.dims()[1]);
        return new KernelCase("add", true, (k, a) -> k.addBlockDiagonal(a[0], a[1], List.of(a[2])), () ->
                        new HostTensor[] {y, x, block})
                .run(device)
                .getFirst()
                .toFloats();
    }

    /** A weight or an input that is no number must show in the result; rounding and softmax must not swallow it. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = "I32", mode = EnumSource.Mode.EXCLUDE)
    void oneInputThatIsNoNumberSpoilsTheResult(DType dtype) {
        HostTensor w = StoredWeightCases.stored(dtype, 2, 9, 512);
        for (int N : new int[] {1, 3, 40}) {
            for (int at : new int[] {0, 15, 16, 300, 511}) {
                float[] x = HostTensor.normal(1, N, 512).toFloats();
                x[at] = Float.NaN;
                for (Arithmetic arithmetic : Arithmetic.values()) {
                    float[] y = project(HostTensor.floats(x, N, 512), w, arithmetic);
                    for (int o = 0; o < 9; o++) {
                        assertThat(y[o])
                                .as("%s N=%s input %s", arithmetic, N, at)
                                .isNaN();
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("cacheTypes")
    void aQueryThatIsNoNumberSpoilsItsHead(DType dtype) {
        HostTensor keys = StoredWeightCases.stored(dtype, 6, 80, 2, 64);
        HostTensor values = StoredWeightCases.stored(dtype, 7, 80, 2, 64);
        for (int N : new int[] {1, 40}) {
            float[] q = HostTensor.normal(5, N, 6, 64).toFloats();
            q[4 * 64 + 7] = Float.NaN;
            float[] out = attend(HostTensor.floats(q, N, 6, 64), keys, values, 30);
            for (int e = 0; e < 64; e++) {
                assertThat(out[4 * 64 + e]).as("N=%s, element %s", N, e).isNaN();
            }
            assertThat(out[3 * 64]).isFinite();
        }
    }

    @Test
    void aKeyThatIsNoNumberSpoilsTheHeadsThatSeeIt() {
        for (int at : new int[] {0, 9, 30}) {
            float[] keys = HostTensor.normal(6, 80, 2, 64).toFloats();
            keys[(at * 2 + 1) * 64 + 5] = Float.NaN;
            HostTensor spoilt = HostTensor.floats(keys, 80, 2, 64);
            HostTensor values = HostTensor.normal(7, 80, 2, 64);
            for (int N : new int[] {1, 40}) {
                float[] out = attend(HostTensor.normal(5, N, 6, 64), spoilt, values, 30);
                assertThat(out[5 * 64]).as("N=%s, key %s", N, at).isNaN();
                assertThat(out[0]).isFinite();
            }
        }
    }

    /** Rounded inputs cost little: 8 bits in blocks of 32 leave about half a per cent. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = "I32", mode = EnumSource.Mode.EXCLUDE)
    void fastArithmeticStaysClose(DType dtype) {
        for (int[] shape : new int[][] {{1, 1, 5}, {1, 3, 130}, {3, 7, 34}, {16, 4, 65}, {17, 5, 66}, {100, 9, 200}}) {
            int I = shape[1] * (dtype.isQuantised() ? dtype.blockSize() : 40);
            HostTensor x = HostTensor.normal(1, shape[0], I);
            HostTensor w = StoredWeightCases.stored(dtype, 2, shape[2], I);
            float[] fast = project(x, w, Arithmetic.FAST);
            float[] exact = project(x, w, Arithmetic.EXACT);
            double error = 0;
            double size = 0;
            for (int i = 0; i < exact.length; i++) {
                error += Math.pow((double) fast[i] - exact[i], 2);
                size += Math.pow(exact[i], 2);
            }
            double limit = dtype == DType.F32 ? 0 : 0.012;
            assertThat(Math.sqrt(error / size)).as(Arrays.toString(shape)).isLessThanOrEqualTo(limit);
        }
    }

    @ParameterizedTest
    @MethodSource("cacheTypes")
    void attendsForFewTokensAsForOne(DType dtype) {
        int past = 45;
        int H = 6;
        int K = 2;
        int E = 64;
        HostTensor keys = StoredWeightCases.stored(dtype, 6, 80, K, E);
        HostTensor values = StoredWeightCases.stored(dtype, 7, 80, K, E);
        HostTensor q = HostTensor.normal(5, Kernels.FEW_ROWS, H, E);
        float[] together = attend(q, keys, values, past);
        for (int n = 0; n < Kernels.FEW_ROWS; n++) {
            float[] row = Arrays.copyOfRange(q.toFloats(), n * H * E, (n + 1) * H * E);
            assertThat(attend(HostTensor.floats(row, 1, H, E), keys, values, past + n))
                    .as("token %s", n)
                    .isEqualTo(Arrays.copyOfRange(together, n * H * E, (n + 1) * H * E));
        }
    }

    static List<DType> cacheTypes() {
        return CacheCases.TYPES;
    }

    private float[] attend(HostTensor q, HostTensor keys, HostTensor values, int past) {
        int H = (int) q.dims()[1];
        HostTensor out = HostTensor.zeros(q.dims()[0], H * q.dims()[2]);
        return new KernelCase("attend", true, (k, a) -> k.attentionCached(a[0], a[1], a[2], a[3], past, H), () ->
                        new HostTensor[] {out, q, keys, values})
                .run(device)
                .getFirst()
                .toFloats();
    }

    private float[] project(HostTensor x, HostTensor w, Arithmetic arithmetic) {
        HostTensor y = HostTensor.zeros(x.dims()[0], w.dims()[0]);
        return new KernelCase("project", true, (k, a) -> k.project(a[0], a[1], List.of(a[2]), arithmetic), () ->
                        new HostTensor[] {y, x, w})
                .run(device)
                .getFirst()
                .toFloats();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 15, 16, 17, 100, 5000, 200_003})
    void sumsInDoublePrecision(int count) {
        HostTensor x = HostTensor.normal(4, count);
        double sum = 0;
        double squares = 0;
        for (float value : x.toFloats()) {
            sum += value;
            squares += (double) value * value;
        }
        for (Device any : List.of(device, twoThreads, threeThreads)) {
            try (Workspace workspace = any.workspace()) {
                Tensor tensor = x.on(any, workspace);
                assertThat(any.kernels().sum(tensor)).isCloseTo(sum, within(1e-9 * count));
                assertThat(any.kernels().sumOfSquares(tensor)).isCloseTo(squares, within(1e-9 * count));
                assertThat(any.kernels().sum(tensor)).isEqualTo(sumOn(device, x));
                assertThat(any.kernels().sumOfSquares(tensor)).isEqualTo(squaresOn(device, x));
            }
        }
    }

    private static org.assertj.core.data.Offset<Double> within(double distance) {
        return org.assertj.core.data.Offset.offset(distance);
    }

    private static double sumOn(Device device, HostTensor x) {
        try (Workspace workspace = device.workspace()) {
            return device.kernels().sum(x.on(device, workspace));
        }
    }

    private static double squaresOn(Device device, HostTensor x) {
        try (Workspace workspace = device.workspace()) {
            return device.kernels().sumOfSquares(x.on(device, workspace));
        }
    }

    @Test
    void sumOfSquaresIsFiniteOnlyWhereEveryElementIs() {
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (int at : new int[] {0, 17, 998, 69_999}) {
                float[] values = new float[70_000];
                values[at] = odd;
                assertThat(squaresOn(device, HostTensor.floats(values, values.length)))
                        .isNotFinite();
            }
        }
        float[] large = new float[100];
        java.util.Arrays.fill(large, Float.MAX_VALUE);
        assertThat(squaresOn(device, HostTensor.floats(large, 100))).isFinite();
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 16, 40, 1000})
    void crossEntropySurvivesExtremeLogits(int V) {
        float[][] rows = new float[7][V];
        java.util.Arrays.fill(rows[0], -1e30f);
        rows[0][1] = 1e30f;
        java.util.Arrays.fill(rows[1], 1e30f);
        rows[2][2] = 300;
        rows[3][0] = -300;
        java.util.Arrays.fill(rows[4], Float.NEGATIVE_INFINITY);
        rows[4][1] = 0;
        java.util.Arrays.fill(rows[5], -Float.MAX_VALUE);
        rows[6][V - 1] = 88;
        float[] flat = new float[7 * V];
        for (int n = 0; n < 7; n++) {
            System.arraycopy(rows[n], 0, flat, n * V, V);
        }
        KernelCase extreme = new KernelCase(
                "extreme",
                false,
                (k, a) -> {
                    k.negativeLogLikelihood(a[4], a[1], a[2]);
                    k.crossEntropy(a[0], a[1], a[2], a[3], 1);
                },
                () -> new HostTensor[] {
                    HostTensor.zeros(7),
                    HostTensor.floats(flat.clone(), 7, V),
                    HostTensor.ints(7, n -> 1),
                    HostTensor.floats(new float[] {1, 1, 1, 1, 1, 1, 1}, 7),
                    HostTensor.zeros(7)
                });
        List<HostTensor> expected = extreme.run(reference);
        List<HostTensor> actual = extreme.run(device);
        for (int i : new int[] {0, 1, 4}) {
            assertClose(
                    "argument " + i, actual.get(i).toFloats(), expected.get(i).toFloats(), tolerance());
        }
        assertThat(actual.get(0).toFloats()[0]).isZero();
        assertThat(actual.get(0).toFloats()[1])
                .isCloseTo((float) Math.log(V), org.assertj.core.data.Offset.offset(1e-5f));
    }

    @Test
    void crossEntropyPassesOnNaN() {
        float[] logits = new float[50];
        logits[33] = Float.NaN;
        KernelCase nan = new KernelCase(
                "NaN", false, (k, a) -> k.crossEntropy(a[0], a[1], a[2], a[3], 1), () -> new HostTensor[] {
                    HostTensor.zeros(1),
                    HostTensor.floats(logits, 1, 50),
                    HostTensor.ints(1, n -> 1),
                    HostTensor.floats(new float[] {1}, 1)
                });
        assertThat(nan.run(device).get(0).toFloats()[0]).isNaN();
    }

    @Test
    void convertsEveryHalfExactlyAndRoundsToNearestEven() {
        short[] all = new short[65536];
        for (int i = 0; i < all.length; i++) {
            all[i] = (short) i;
        }
        for (DType type : new DType[] {DType.BF16, DType.F16}) {
            KernelCase there = new KernelCase(
                    "to float and back",
                    false,
                    (k, a) -> {
                        k.convert(a[1], a[0]);
                        k.convert(a[2], a[1]);
                    },
                    () -> new HostTensor[] {
                        HostTensor.halves(type, all),
                        HostTensor.zeros(all.length),
                        HostTensor.halves(type, new short[all.length])
                    });
            assertSame(there);
        }
        HostTensor wide = HostTensor.normal(5, 20_003);
        float[] values = wide.toFloats();
        for (int i = 0; i < values.length; i++) {
            values[i] *= (float) Math.scalb(1.0, i % 60 - 30);
        }
        float[] odd = {
            0,
            -0f,
            1,
            1.00390625f,
            1.01171875f,
            Float.MIN_VALUE,
            Float.MAX_VALUE,
            65504,
            65520,
            1e-8f,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY
        };
        System.arraycopy(odd, 0, values, 0, odd.length);
        for (DType type : new DType[] {DType.BF16, DType.F16}) {
            assertSame(new KernelCase("rounding", false, (k, a) -> k.convert(a[1], a[0]), () -> new HostTensor[] {
                HostTensor.floats(values, values.length), HostTensor.halves(type, new short[values.length])
            }));
        }
    }

    private void assertSame(KernelCase kernelCase) {
        List<HostTensor> expected = kernelCase.run(reference);
        List<HostTensor> actual = kernelCase.run(threeThreads);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).data().mismatch(expected.get(i).data())).isEqualTo(-1);
        }
    }

    /** At the call, or where its device is next waited for. */
    @Test
    void refusesIdsOutsideTheTable() {
        try (Workspace workspace = device.workspace()) {
            Tensor table = HostTensor.normal(1, 4, 8).on(device, workspace);
            Tensor rows = HostTensor.zeros(3, 8).on(device, workspace);
            for (int bad : new int[] {-1, 4, Integer.MAX_VALUE}) {
                Tensor ids = HostTensor.ints(3, n -> n == 1 ? bad : 0).on(device, workspace);
                assertThatThrownBy(() -> {
                            device.kernels().embedding(rows, table, ids);
                            device.synchronize();
                        })
                        .isInstanceOf(IndexOutOfBoundsException.class);
                assertThatThrownBy(() -> {
                            device.kernels().embeddingBackward(table, rows, ids);
                            device.synchronize();
                        })
                        .isInstanceOf(IndexOutOfBoundsException.class);
            }
            Tensor targets = HostTensor.ints(4, n -> 8).on(device, workspace);
            Tensor losses = HostTensor.zeros(4).on(device, workspace);
            assertThatThrownBy(() -> {
                        device.kernels().negativeLogLikelihood(losses, table, targets);
                        device.synchronize();
                    })
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }
}
