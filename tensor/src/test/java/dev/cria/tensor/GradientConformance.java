package dev.cria.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.BiConsumer;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

/** Backward kernels against the forward ones: the slope along a random direction equals the gradient's part along it. */
public abstract class GradientConformance {
    private static final float STEP = 1f / 128;

    /** The device under test. */
    protected abstract Device open();

    /** Relative error allowed for float32 differences. */
    protected double tolerance() {
        return 3e-3;
    }

    /**
     * Checks one input. The loss is Σ dy·y with dy random.
     *
     * @param forward writes y from x
     * @param backward adds to or assigns dx (zero before) from dy, after the forward pass
     */
    private void check(HostTensor x, long[] yShape, BiConsumer<Tensor, Tensor> forward, Backward backward, Run run) {
        Tensor y = run.tensor(HostTensor.zeros(yShape));
        HostTensor dy = HostTensor.normal(101, yShape);
        HostTensor direction = HostTensor.normal(102, x.dims());
        float[] at = x.toFloats();
        float[] along = direction.toFloats();
        double[] loss = new double[2];
        for (int side = 0; side < 2; side++) {
            float[] moved = at.clone();
            for (int i = 0; i < at.length; i++) {
                moved[i] += (side == 0 ? -STEP : STEP) * along[i];
            }
            forward.accept(run.tensor(HostTensor.floats(moved, x.dims())), y);
            loss[side] = dot(HostTensor.from(run.device, y).toFloats(), dy.toFloats());
        }
        double slope = (loss[1] - loss[0]) / (2 * STEP);
        Tensor input = run.tensor(x);
        Tensor dx = run.tensor(HostTensor.zeros(x.dims()));
        forward.accept(input, y);
        backward.run(dx, run.tensor(dy), input, y);
        float[] gradient = HostTensor.from(run.device, dx).toFloats();
        double size = Math.sqrt(dot(gradient, gradient) * dot(along, along) / along.length);
        assertThat(size).isPositive();
        assertThat(dot(gradient, along)).isCloseTo(slope, Offset.offset(tolerance() * size));
    }

    @FunctionalInterface
    private interface Backward {
        void run(Tensor dx, Tensor dy, Tensor x, Tensor y);
    }

    private record Run(Device device, Workspace workspace) implements AutoCloseable {
        Run(Device device) {
            this(device, device.workspace());
        }

        Tensor tensor(HostTensor host) {
            return host.on(device, workspace);
        }

        Kernels kernels() {
            return device.kernels();
        }

        @Override
        public void close() {
            workspace.close();
            device.close();
        }
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    @Test
    void linear() {
        try (Run run = new Run(open())) {
            Kernels k = run.kernels();
            HostTensor x = HostTensor.normal(1, 19, 37);
            HostTensor w = HostTensor.normal(2, 23, 37);
            Tensor weight = run.tensor(w);
            check(
                    x,
                    new long[] {19, 23},
                    (in, y) -> k.linear(y, in, weight, false),
                    (dx, dy, in, y) -> k.linearBackwardInput(dx, dy, weight, false),
                    run);
            Tensor input = run.tensor(x);
            check(
                    w,
                    new long[] {19, 23},
                    (in, y) -> k.linear(y, input, in, false),
                    (dw, dy, in, y) -> k.linearBackwardWeight(dw, dy, input, true),
                    run);
        }
    }

    @Test
    void embedding() {
        try (Run run = new Run(open())) {
            Tensor ids = run.tensor(HostTensor.ints(12, n -> n * n % 5));
            check(
                    HostTensor.normal(1, 6, 17),
                    new long[] {12, 17},
                    (in, y) -> run.kernels().embedding(y, in, ids),
                    (dx, dy, in, y) -> run.kernels().embeddingBackward(dx, dy, ids),
                    run);
        }
    }

    @Test
    void rmsNorm() {
        try (Run run = new Run(open())) {
            Kernels k = run.kernels();
            HostTensor x = HostTensor.normal(1, 20, 50);
            HostTensor weight = HostTensor.normal(2, 50);
            Tensor input = run.tensor(x);
            Tensor w = run.tensor(weight);
            Tensor rstd = run.tensor(HostTensor.zeros(20));
            Tensor other = run.tensor(HostTensor.zeros(50));
            Tensor otherInput = run.tensor(HostTensor.zeros(20, 50));
            check(
                    x,
                    new long[] {20, 50},
                    (in, y) -> k.rmsNorm(y, rstd, in, w, 1e-5f),
                    (dx, dy, in, y) -> k.rmsNormBackward(dx, other, dy, in, rstd, w),
                    run);
            check(
                    weight,
                    new long[] {20, 50},
                    (in, y) -> k.rmsNorm(y, rstd, input, in, 1e-5f),
                    (dw, dy, in, y) -> k.rmsNormBackward(otherInput, dw, dy, input, rstd, in),
                    run);
        }
    }

    @Test
    void rope() {
        try (Run run = new Run(open())) {
            float[] cos = new float[9 * 12];
            float[] sin = new float[9 * 12];
            for (int i = 0; i < cos.length; i++) {
                cos[i] = (float) Math.cos(i);
                sin[i] = (float) Math.sin(i);
            }
            Tensor c = run.tensor(HostTensor.floats(cos, 9, 12));
            Tensor s = run.tensor(HostTensor.floats(sin, 9, 12));
            Tensor positions = run.tensor(HostTensor.ints(9, n -> 8 - n));
            check(
                    HostTensor.normal(1, 9, 3, 24),
                    new long[] {9, 3, 24},
                    (in, y) -> {
                        run.kernels().convert(y, in);
                        run.kernels().rope(y, 2, positions, c, s, false);
                    },
                    (dx, dy, in, y) -> {
                        run.kernels().convert(dx, dy);
                        run.kernels().rope(dx, 2, positions, c, s, true);
                    },
                    run);
        }
    }

    @Test
    void attention() {
        int[][] shapes = {{2, 21, 4, 2, 16}, {1, 70, 2, 1, 48}, {1, 140, 2, 2, 8}};
        for (int[] s : shapes) {
            try (Run run = new Run(open())) {
                Tensor logSumExp = run.tensor(HostTensor.zeros(s[0], s[2], s[1]));
                check(
                        HostTensor.normal(1, (long) s[0] * s[1], s[2] + 2L * s[3], s[4]),
                        new long[] {(long) s[0] * s[1], s[2], s[4]},
                        (in, y) -> run.kernels().attention(y, logSumExp, in, s[0], s[1], s[2], s[3]),
                        (dx, dy, in, y) ->
                                run.kernels().attentionBackward(dx, dy, y, logSumExp, in, s[0], s[1], s[2], s[3]),
                        run);
            }
        }
    }

    @Test
    void swiGlu() {
        try (Run run = new Run(open())) {
            check(
                    HostTensor.normal(1, 11, 74),
                    new long[] {11, 37},
                    (in, y) -> run.kernels().swiGlu(y, in),
                    (dx, dy, in, y) -> run.kernels().swiGluBackward(dx, dy, in),
                    run);
        }
    }

    @Test
    void crossEntropy() {
        try (Run run = new Run(open())) {
            Kernels k = run.kernels();
            HostTensor logits = HostTensor.normal(1, 10, 53);
            Tensor targets = run.tensor(HostTensor.ints(10, n -> n % 4 == 3 ? -1 : n * 5));
            check(
                    logits,
                    new long[] {10},
                    (in, y) -> k.negativeLogLikelihood(y, in, targets),
                    (dx, dy, in, y) -> {
                        k.convert(dx, in);
                        k.crossEntropy(y, dx, targets, dy, 1);
                    },
                    run);
        }
    }
}
