package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.cpu.Tier;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of shapes that no reference file has, against the slope of the loss along random directions. */
class DirectionalDerivativeTest {
    private static LlamaConfig config(
            int hidden, int inner, int heads, int keyValueHeads, int headDim, int vocabulary, boolean tied) {
        return new LlamaConfig(
                hidden,
                inner,
                2,
                heads,
                keyValueHeads,
                headDim,
                vocabulary,
                64,
                1e-5,
                10000,
                new RopeScaling.None(),
                tied,
                1,
                List.of(2));
    }

    static Stream<Arguments> shapes() {
        return Golden.tiers()
                .flatMap(tier -> Stream.of(
                                config(18, 21, 3, 1, 6, 37, false),
                                config(18, 21, 3, 3, 6, 37, true),
                                config(40, 33, 5, 5, 14, 101, true),
                                config(24, 50, 6, 2, 4, 129, false))
                        .map(config -> Arguments.of(config, tier)));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void theSlopeAlongADirectionIsItsProductWithTheGradient(LlamaConfig config, Tier tier) {
        int B = 3;
        int T = 13;
        SplittableRandom random = new SplittableRandom(config.hashCode());
        try (Device device = Golden.open(tier);
                TrainableLlama model = TrainableLlama.create(device, config, B, T)) {
            Initializer.tinyLlama(model.parameters(), 9, device);
            Batch batch = batch(config, B, T, random);
            model.zeroGradients();
            double loss = model.forwardBackward(batch, 0.25);
            assertThat(model.evaluate(batch)).isCloseTo(loss, within(1e-5 * loss));
            float[] gradient = model.gradients().flat().toFloats();
            float[] origin = model.parameters().flat().toFloats();
            for (String name : model.parameters().names()) {
                double product = 0;
                float[] step = new float[origin.length];
                double size = 0;
                float[] mask = maskOf(model.parameters(), name);
                for (int i = 0; i < origin.length; i++) {
                    // A direction that leans on the gradient, so that the slope stands out from rounding.
                    step[i] = mask[i] * (float) (gradient[i] + 1e-3 * random.nextDouble(-1, 1));
                    size += (double) step[i] * step[i];
                }
                double factor = 1e-2 / Math.sqrt(size);
                for (int i = 0; i < origin.length; i++) {
                    step[i] *= (float) factor;
                    product += (double) step[i] * gradient[i];
                }
                double slope = (lossAt(model, batch, origin, step, 1) - lossAt(model, batch, origin, step, -1)) / 2;
                // Else the tolerance could hide a wrong gradient.
                assertThat(Math.abs(product)).as(name).isGreaterThan(1e-4);
                assertThat(0.25 * slope).as(name).isCloseTo(product, within(0.02 * Math.abs(product) + 2e-5));
            }
        }
    }

    /** 1 where the flat tensor belongs to the parameter. */
    private static float[] maskOf(ParameterSet parameters, String name) {
        float[] mask = new float[(int) parameters.flat().elements()];
        Tensor part = parameters.tensor(name);
        int first = (int) ((part.data().address() - parameters.flat().data().address()) / 4);
        Arrays.fill(mask, first, first + (int) part.elements(), 1f);
        return mask;
    }

    private static double lossAt(TrainableLlama model, Batch batch, float[] origin, float[] step, int sign) {
        float[] moved = new float[origin.length];
        for (int i = 0; i < moved.length; i++) {
            moved[i] = origin[i] + sign * step[i];
        }
        model.parameters().flat().copyFrom(moved);
        double loss = model.evaluate(batch);
        model.parameters().flat().copyFrom(origin);
        return loss;
    }

    private static Batch batch(LlamaConfig config, int B, int T, SplittableRandom random) {
        int[] inputs = new int[B * T];
        int[] targets = new int[B * T];
        float[] weights = new float[B * T];
        for (int n = 0; n < inputs.length; n++) {
            inputs[n] = random.nextInt(config.vocabSize());
            targets[n] = random.nextInt(10) == 0 ? Batch.IGNORED : random.nextInt(config.vocabSize());
            weights[n] = (float) random.nextDouble(0.1, 2);
        }
        return new Batch(B, T, inputs, targets, weights);
    }
}
