package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every device does with what is no number between the products of a block: it must show in the result. A maximum of vectors drops a NaN
 * easily, and a damaged model would then write plausible text.
 */
public abstract class NotFiniteConformance {
    private static final int N = 3;

    /** The device under test. */
    protected abstract Device open();

    private float[] result(KernelCase kernelCase, int argument) {
        try (Device device = open()) {
            return kernelCase.run(device).get(argument).toFloats();
        }
    }

    /** N rows of ordinary numbers, and one that is none. */
    private static HostTensor spoilt(float odd, int row, int column, int columns) {
        float[] values = HostTensor.normal(1, N, columns).toFloats();
        values[row * columns + column] = odd;
        return HostTensor.floats(values, N, columns);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 16, 40, 70})
    void aNormsRowIsSpoiltWhole(int at) {
        int D = 71;
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            KernelCase norm = new KernelCase(
                    "addRmsNorm",
                    false,
                    (k, a) -> k.addRmsNorm(a[0], a[1], a[2], a[3], a[4], a[5], 1e-5f),
                    () -> new HostTensor[] {
                        HostTensor.zeros(N, D),
                        HostTensor.zeros(N, D),
                        HostTensor.zeros(N),
                        HostTensor.normal(2, N, D),
                        spoilt(odd, 1, at, D),
                        HostTensor.normal(3, D)
                    });
            float[] y = result(norm, 1);
            assertThat(y[D + at]).as("%s at %s", odd, at).isNaN();
            assertThat(y[0]).isFinite();
            assertThat(y[2 * D]).isFinite();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 16, 34})
    void aGateThatIsNoNumberSpoilsItsElement(int at) {
        int F = 35;
        for (int column : new int[] {at, F + at}) {
            KernelCase swiGlu = new KernelCase("swiGlu", false, (k, a) -> k.swiGlu(a[0], a[1]), () ->
                    new HostTensor[] {HostTensor.zeros(N, F), spoilt(Float.NaN, 1, column, 2 * F)});
            float[] h = result(swiGlu, 0);
            assertThat(h[F + at]).as("column %s", column).isNaN();
            assertThat(h[F + (at + 1) % F]).isFinite();
        }
    }

    @ParameterizedTest
    @ValueSource(floats = {-1e30f, -200, -104, 104, 200, 1e30f})
    void gatesFarFromZeroGiveZeroOrThemselves(float gate) {
        KernelCase swiGlu = new KernelCase("swiGlu", false, (k, a) -> k.swiGlu(a[0], a[1]), () ->
                new HostTensor[] {HostTensor.zeros(1, 1), HostTensor.floats(new float[] {gate, 2}, 1, 2)});
        float h = result(swiGlu, 0)[0];
        if (gate > 0) {
            assertThat(h).isEqualTo(2 * gate);
        } else {
            assertThat(Math.abs(h)).isLessThan(1e-12f);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 15, 63, 64, 2047, 2048, 3000})
    void aLogitThatIsNoNumberSpoilsItsLoss(int at) {
        int V = 3001;
        KernelCase loss = new KernelCase(
                "negativeLogLikelihood",
                false,
                (k, a) -> k.negativeLogLikelihood(a[0], a[1], a[2]),
                () -> new HostTensor[] {HostTensor.zeros(N), spoilt(Float.NaN, 1, at, V), HostTensor.ints(N, n -> 7)});
        float[] losses = result(loss, 0);
        assertThat(losses[1]).as("logit %s", at).isNaN();
        assertThat(losses[0]).isFinite();
    }

    @Test
    void rotationAndTheCacheKeepWhatIsNoNumber() {
        for (RopeOrder order : RopeOrder.values()) {
            KernelCase rope = new KernelCase(
                    "rope",
                    false,
                    (k, a) -> k.rope(a[0].reshape(N, 1, 6), 1, a[1], a[2], a[3], false, order),
                    () -> new HostTensor[] {
                        spoilt(Float.NaN, 1, 2, 6),
                        HostTensor.ints(N, n -> n),
                        HostTensor.normal(4, N, 3),
                        HostTensor.normal(5, N, 3)
                    });
            float[] x = result(rope, 0);
            assertThat(x[6 + 2]).isNaN();
            assertThat(x[6 + (order == RopeOrder.PAIRS ? 3 : 5)]).isNaN();
            assertThat(x[0]).isFinite();
        }
    }
}
