package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What running a model relies on: few rows and tokens have the bits of one, and what is no number shows. */
abstract class RunningConformance extends DeviceConformance {
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
}
