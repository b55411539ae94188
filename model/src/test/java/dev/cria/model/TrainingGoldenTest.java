package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.UserError;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.AdamWStep;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import dev.cria.tensor.cpu.Tier;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Losses, gradients and AdamW runs of PyTorch on the random model a-gqa. */
class TrainingGoldenTest {
    private static final int B = 2;
    private static final int T = 32;

    /** Rows of 33 ids: the first 32 are inputs, the last 32 targets. */
    private static Batch batch(Safetensors data, int index, float[] weights) {
        int[] ids = Golden.ints(data.tensor("ids").rows(index, index + 1));
        int[] inputs = new int[B * T];
        int[] targets = new int[B * T];
        for (int b = 0; b < B; b++) {
            System.arraycopy(ids, b * (T + 1), inputs, b * T, T);
            System.arraycopy(ids, b * (T + 1) + 1, targets, b * T, T);
        }
        return new Batch(B, T, inputs, targets, weights);
    }

    static Batch batch(Safetensors data, int index) {
        return batch(data, index, ones());
    }

    private static float[] ones() {
        float[] weights = new float[B * T];
        Arrays.fill(weights, 1);
        return weights;
    }

    private static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void gradientsEqualPytorch(TestDevice kind) {
        JsonNode expected = Golden.json("training/training.json");
        try (Device device = kind.open();
                // Memory for a larger batch, so that the views are not the whole.
                TrainableLlama model = Golden.trainable(device, "checkpoints/a-gqa", 3, 40);
                Safetensors data = Golden.tensors("training/data.safetensors")) {
            float[] weights = data.tensor("loss_weights").toFloats();
            check(device, model, batch(data, 0, ones()), expected.get("plain"), "training/grad_plain.safetensors");
            check(
                    device,
                    model,
                    batch(data, 0, weights),
                    expected.get("weighted"),
                    "training/grad_weighted.safetensors");
        }
    }

    private static void check(Device device, TrainableLlama model, Batch batch, JsonNode expected, String file) {
        double total = sum(batch.weights());
        assertThat(model.evaluate(batch) / total).isCloseTo(expected.get("loss").doubleValue(), within(2e-5));
        model.zeroGradients();
        assertThat(model.forwardBackward(batch, 1 / total) / total)
                .isCloseTo(expected.get("loss").doubleValue(), within(2e-5));
        double square = 0;
        try (Safetensors gradients = Golden.tensors(file)) {
            for (String name : model.parameters().names()) {
                float[] actual = Golden.floats(device, model.gradients().tensor(name));
                float[] wanted = gradients.tensor(name).toFloats();
                assertThat(Golden.maximumDifference(actual, wanted)).as(name).isLessThan(1e-5f);
                assertThat(Golden.relativeDistance(actual, wanted)).as(name).isLessThan(1e-5);
                for (float g : actual) {
                    square += (double) g * g;
                }
            }
        }
        double norm = expected.get("grad_norm").doubleValue();
        assertThat(Math.sqrt(square)).isCloseTo(norm, within(1e-5 * norm));
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void gradientsAddUpAndThePaddingStaysZero(TestDevice kind) {
        try (Device device = kind.open();
                TrainableLlama model = Golden.trainable(device, "checkpoints/a-gqa", B, T);
                Safetensors data = Golden.tensors("training/data.safetensors")) {
            model.zeroGradients();
            model.forwardBackward(batch(data, 0, ones()), 1.0 / 64);
            float[] once = Golden.floats(device, model.gradients().flat());
            model.forwardBackward(batch(data, 0, ones()), 1.0 / 64);
            float[] twice = Golden.floats(device, model.gradients().flat());
            for (int i = 0; i < once.length; i++) {
                assertThat(twice[i]).isCloseTo(2 * once[i], within(1e-6f + 1e-5f * Math.abs(once[i])));
            }
            double named = 0;
            for (String name : model.gradients().names()) {
                named += device.kernels().sumOfSquares(model.gradients().tensor(name));
            }
            double flat = device.kernels().sumOfSquares(model.gradients().flat());
            assertThat(flat).isCloseTo(named, within(1e-9 * named));
        }
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void ignoredTargetsAndZeroWeightsAddNothing(TestDevice kind) {
        try (Device device = kind.open();
                TrainableLlama model = Golden.trainable(device, "checkpoints/a-gqa", B, T);
                Safetensors data = Golden.tensors("training/data.safetensors")) {
            float[] weights = ones();
            Batch whole = batch(data, 3, weights);
            int[] targets = whole.targets().clone();
            float[] zeroed = ones();
            for (int n = 5; n < 64; n += 3) {
                targets[n] = Batch.IGNORED;
                zeroed[n] = 0;
            }
            model.zeroGradients();
            double a = model.forwardBackward(new Batch(B, T, whole.inputs(), targets, weights), 1);
            float[] ignored = Golden.floats(device, model.gradients().flat());
            model.zeroGradients();
            double b = model.forwardBackward(new Batch(B, T, whole.inputs(), whole.targets(), zeroed), 1);
            assertThat(a).isEqualTo(b);
            assertThat(Golden.floats(device, model.gradients().flat())).isEqualTo(ignored);
        }
    }

    /** The run that the train module will make, from kernels alone: ten updates, clipped, decay on matrices. */
    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void tenUpdatesOfAdamWEqualPytorch(TestDevice kind) {
        JsonNode training = Golden.json("training/training.json");
        JsonNode run = training.get("decay_matrices");
        try (Device device = kind.open();
                TrainableLlama model = Golden.trainable(device, "checkpoints/a-gqa", B, T);
                Workspace workspace = device.workspace();
                Safetensors data = Golden.tensors("training/data.safetensors")) {
            long elements = model.parameters().flat().elements();
            ParameterSet first = ParameterSet.over(workspace.allocate(DType.F32, elements), model.config());
            ParameterSet second = ParameterSet.over(workspace.allocate(DType.F32, elements), model.config());
            for (int s = 1; s <= 10; s++) {
                model.zeroGradients();
                double loss = model.forwardBackward(batch(data, s - 1, ones()), 1.0 / 64) / 64;
                assertThat(loss).isCloseTo(run.get("losses").get(s - 1).doubleValue(), within(2e-5));
                double norm = Math.sqrt(
                        device.kernels().sumOfSquares(model.gradients().flat()));
                double expectedNorm =
                        run.get("grad_norm_before_clip").get(s - 1).doubleValue();
                assertThat(norm).isCloseTo(expectedNorm, within(2e-5 * expectedNorm));
                float clip = (float) Math.min(1, 1 / (norm + 1e-6));
                float rate = (float) training.get("lr").get(s - 1).doubleValue();
                step(device, model, first, second, new AdamWStep(rate, 0.9f, 0.95f, 1e-8f, 0.1f, clip, s));
                if (s == 1 || s == 2 || s == 10) {
                    checkParameters(device, model, "training/params_decay_matrices_step" + s + ".safetensors");
                }
            }
        }
    }

    /** Ten updates with bf16 products, float32 sums and float32 parameters, where the machine has them. */
    @Test
    void bfloat16LossesFollowPytorchsAutocast() {
        JsonNode training = Golden.json("training/training.json");
        JsonNode losses = training.get("bf16_autocast").get("losses");
        try (Device device = openBFloat16();
                TrainableLlama model = Golden.trainable(device, "checkpoints/a-gqa", B, T);
                Workspace workspace = device.workspace();
                Safetensors data = Golden.tensors("training/data.safetensors")) {
            long elements = model.parameters().flat().elements();
            ParameterSet first = ParameterSet.over(workspace.allocate(DType.F32, elements), model.config());
            ParameterSet second = ParameterSet.over(workspace.allocate(DType.F32, elements), model.config());
            for (int s = 1; s <= 10; s++) {
                model.zeroGradients();
                double loss = model.forwardBackward(batch(data, s - 1, ones()), 1.0 / 64) / 64;
                assertThat(loss).isCloseTo(losses.get(s - 1).doubleValue(), within(0.02));
                double norm = Math.sqrt(
                        device.kernels().sumOfSquares(model.gradients().flat()));
                float clip = (float) Math.min(1, 1 / (norm + 1e-6));
                float rate = (float) training.get("lr").get(s - 1).doubleValue();
                step(device, model, first, second, new AdamWStep(rate, 0.9f, 0.95f, 1e-8f, 0.1f, clip, s));
            }
        }
    }

    private static Device openBFloat16() {
        try {
            return CpuDevice.open(new CpuOptions(2, Precision.BF16, Tier.NATIVE));
        } catch (UserError e) {
            return Assumptions.abort("no bf16 products here: " + e.what());
        }
    }

    @Test
    void resultsDoNotDependOnTheNumberOfThreads() {
        float[][] gradients = new float[2][];
        double[] losses = new double[2];
        for (int i = 0; i < 2; i++) {
            try (Device device = CpuDevice.open(new CpuOptions(i == 0 ? 1 : 3, Precision.F32, Tier.NATIVE));
                    TrainableLlama model = Golden.trainable(device, "checkpoints/a-gqa", B, T);
                    Safetensors data = Golden.tensors("training/data.safetensors")) {
                losses[i] = model.forwardBackward(batch(data, 0, ones()), 1.0 / 64);
                gradients[i] = Golden.floats(device, model.gradients().flat());
            }
        }
        assertThat(losses[1]).isEqualTo(losses[0]);
        assertThat(gradients[1]).isEqualTo(gradients[0]);
    }

    /** Decay on matrices alone. */
    private static void step(
            Device device, TrainableLlama model, ParameterSet first, ParameterSet second, AdamWStep step) {
        ParameterSet p = model.parameters();
        TrainableParameters g = model.gradients();
        device.kernels().adamW(p.matrices(), g.matrices(), first.matrices(), second.matrices(), step);
        AdamWStep plain = new AdamWStep(
                step.learningRate(), step.beta1(), step.beta2(), step.epsilon(), 0, step.gradientScale(), step.step());
        device.kernels().adamW(p.vectors(), g.vectors(), first.vectors(), second.vectors(), plain);
    }

    private static void checkParameters(Device device, TrainableLlama model, String file) {
        long off = 0;
        long all = 0;
        try (Safetensors expected = Golden.tensors(file)) {
            for (String name : expected.names()) {
                float[] wanted = expected.tensor(name).toFloats();
                float[] actual = Golden.floats(device, model.parameters().tensor(name));
                for (int i = 0; i < wanted.length; i++) {
                    float difference = Math.abs(actual[i] - wanted[i]);
                    assertThat(difference).as(name).isLessThan(0.0114f);
                    off += difference > 1e-5f ? 1 : 0;
                }
                all += wanted.length;
            }
        }
        assertThat(off).isLessThanOrEqualTo(all / 10_000);
    }
}
