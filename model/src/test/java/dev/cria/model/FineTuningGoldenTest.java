package dev.cria.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** Masked losses and gradients on a tied model, sequences of different lengths one after another, against transformers. */
class FineTuningGoldenTest {
    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void gradientsOfMaskedConversationsEqualTransformers(TestDevice kind) {
        JsonNode golden = Golden.json("finetuning/sft/golden.json");
        double trained = golden.get("batch_trained_tokens").doubleValue();
        try (Device device = kind.open();
                TrainableLlama model = Golden.trainable(device, "stories260k-hf", 1, 200);
                Safetensors expected = Golden.tensors("finetuning/sft/grad_batch.safetensors")) {
            model.zeroGradients();
            double sum = 0;
            for (JsonNode conversation : golden.get("conversations")) {
                int[] ids = Golden.ids(conversation.get("ids"));
                int[] labels = Golden.ids(conversation.get("labels"));
                int time = ids.length - 1;
                int[] targets = Arrays.stream(labels, 1, labels.length)
                        .map(label -> label == -100 ? Batch.IGNORED : label)
                        .toArray();
                Batch batch = Batch.of(1, time, Arrays.copyOf(ids, time), targets);
                double nll = model.forwardBackward(batch, 1 / trained);
                long count = Arrays.stream(targets).filter(t -> t >= 0).count();
                assertThat(nll / count).isCloseTo(conversation.get("loss").doubleValue(), within(2e-5));
                sum += nll;
            }
            assertThat(sum / trained)
                    .isCloseTo(golden.get("batch_loss_token_mean").doubleValue(), within(2e-5));
            for (String name : expected.names()) {
                float[] wanted = expected.tensor(name).toFloats();
                float[] actual = Golden.floats(device, model.gradients().tensor(name));
                assertThat(Golden.relativeDistance(actual, wanted)).as(name).isLessThan(2e-5);
            }
            // The norm over all parameters has the tied table in it, which gets gradients from both its ends.
            double norm =
                    Math.sqrt(device.kernels().sumOfSquares(model.gradients().flat()));
            double wanted = golden.get("grad_norm_all_parameters").doubleValue();
            assertThat(norm).isCloseTo(wanted, within(2e-5 * wanted));
        }
    }
}
