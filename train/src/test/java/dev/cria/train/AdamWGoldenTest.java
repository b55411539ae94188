package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.model.Batch;
import dev.cria.model.Golden;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.LlamaConfig;
import dev.cria.model.ParameterSet;
import dev.cria.model.TestDevice;
import dev.cria.model.TrainableLlama;
import dev.cria.model.TrainableParameters;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.train.recipe.Recipe;
import dev.cria.train.recipe.Recipe.Decay;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Ten updates of a small Llama against PyTorch's: losses, norms, parameters, moments. */
class AdamWGoldenTest {
    private static final int B = 2;
    private static final int T = 32;

    @ParameterizedTest
    @CsvSource({
        "decay_matrices, MATRICES, 1, 1.0, SCALAR",
        "decay_matrices, MATRICES, 1, 1.0, NATIVE",
        "decay_all, ALL, 1, 1.0, NATIVE",
        "accumulate2, MATRICES, 2, 1.0, NATIVE",
        "no_clip, MATRICES, 1, 0, NATIVE",
        "accumulate2, MATRICES, 2, 1.0, FAR",
        "accumulate2, MATRICES, 2, 1.0, CUDA"
    })
    void followsPyTorch(String run, Decay decay, int microBatches, double clip, String place) {
        Path golden = ReferenceData.require("golden/training");
        JsonNode all = JsonMapper.shared().readTree(golden.resolve("training.json"));
        JsonNode expected = all.get(run);
        Path checkpoint = ReferenceData.require("golden/checkpoints/a-gqa");
        LlamaConfig config = HuggingFaceDirectory.readConfig(checkpoint);
        Recipe.Optimizer options = new Recipe.Optimizer(0.9, 0.95, 1e-8, 0.1, decay, clip);
        try (Device device = TestDevice.named(place).open();
                Safetensors data = Safetensors.open(golden.resolve("data.safetensors"));
                TrainableLlama model = TrainableLlama.create(device, config, B, T);
                AdamW optimizer = new AdamW(device, model.parameters(), options)) {
            HuggingFaceDirectory.readInto(checkpoint, model.parameters(), device);
            double rates = 0;
            JsonNode losses = expected.get("losses");
            for (int update = 1; update <= losses.size(); update++) {
                double rate = all.get("lr").get(update - 1).doubleValue();
                rates += rate;
                model.zeroGradients();
                double loss = 0;
                for (int micro = 0; micro < microBatches; micro++) {
                    Batch batch = batch(data, (update - 1) * microBatches + micro);
                    loss += model.forwardBackward(batch, 1.0 / (B * T)) / (B * T);
                }
                double averaging = 1.0 / microBatches;
                double norm = optimizer.gradientNorm(model.gradients(), averaging);
                assertThat(loss * averaging)
                        .as("loss %d", update)
                        .isCloseTo(losses.get(update - 1).doubleValue(), within(2e-5));
                double expectedNorm = (expected.has("grad_norm")
                                ? expected.get("grad_norm")
                                : expected.get("grad_norm_before_clip"))
                        .get(update - 1)
                        .doubleValue();
                assertThat(norm).as("norm %d", update).isCloseTo(expectedNorm, within(1e-5 * expectedNorm + 2e-6));
                optimizer.update(model.gradients(), rate, averaging, norm);
                Path parameters = golden.resolve("params_" + run + "_step" + update + ".safetensors");
                if (Files.exists(parameters)) {
                    requireParameters(device, parameters, model.parameters(), rates);
                }
                JsonNode moments =
                        expected.path("adam_exp_avg_and_exp_avg_sq_norms").path(Integer.toString(update));
                requireMoments(device, moments, optimizer);
            }
        }
    }

    private static Batch batch(Safetensors data, int index) {
        Tensor ids = data.tensor("ids");
        int[] inputs = new int[B * T];
        int[] targets = new int[B * T];
        for (int b = 0; b < B; b++) {
            for (int t = 0; t < T; t++) {
                long at = ((long) index * B + b) * (T + 1) + t;
                inputs[b * T + t] = ids.getInt(at);
                targets[b * T + t] = ids.getInt(at + 1);
            }
        }
        return Batch.of(B, T, inputs, targets);
    }

    private static void requireParameters(Device device, Path file, ParameterSet parameters, double rates) {
        long elements = 0;
        long off = 0;
        try (Safetensors expected = Safetensors.open(file)) {
            assertThat(expected.names()).isNotEmpty();
            for (String name : expected.names()) {
                float[] want = expected.tensor(name).toFloats();
                float[] got = Golden.floats(device, parameters.tensor(name));
                assertThat(got).hasSameSizeAs(want);
                for (int i = 0; i < want.length; i++) {
                    double difference = Math.abs(want[i] - got[i]);
                    assertThat(difference).as("%s[%d]", name, i).isLessThanOrEqualTo(rates);
                    off += difference > 1e-5 ? 1 : 0;
                }
                elements += want.length;
            }
        }
        assertThat(off)
                .as("elements of %s over 1e-5, of %d", file.getFileName(), elements)
                .isLessThanOrEqualTo(Math.max(1, elements / 10_000));
    }

    private static void requireMoments(Device device, JsonNode moments, AdamW optimizer) {
        moments.properties().forEach(each -> {
            requireNorm(
                    device,
                    each.getKey() + " first",
                    optimizer.firstMoment(),
                    each.getKey(),
                    each.getValue().get(0));
            requireNorm(
                    device,
                    each.getKey() + " second",
                    optimizer.secondMoment(),
                    each.getKey(),
                    each.getValue().get(1));
        });
    }

    private static void requireNorm(
            Device device, String what, TrainableParameters moments, String name, JsonNode expected) {
        double sum = 0;
        for (float value : Golden.floats(device, moments.tensor(name))) {
            sum += (double) value * value;
        }
        assertThat(Math.sqrt(sum))
                .as(what)
                .isCloseTo(expected.doubleValue(), within(1e-5 * expected.doubleValue() + 1e-12));
    }
}
