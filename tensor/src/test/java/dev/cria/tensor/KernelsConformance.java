package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the kernels of every device do: the same as the scalar reference, to the last bit the same on every number of threads. */
public abstract class KernelsConformance extends RunningConformance {
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
