package dev.cria.train.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.data.chat.EncodedConversation;
import dev.cria.data.chat.EncodedPair;
import dev.cria.model.Golden;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.TestDevice;
import dev.cria.model.TrainableLlama;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** DPO against trl's formula on transformers' logits: log-probabilities, loss, rewards, gradients. */
class PreferenceGoldenTest {
    private final Path golden = ReferenceData.require("golden/finetuning/dpo");
    private final JsonNode numbers = JsonMapper.shared().readTree(golden.resolve("golden.json"));

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void likelihoodsLossesAndGradientsAreTrls(TestDevice kind) {
        List<EncodedPair> pairs = new ArrayList<>();
        numbers.get("pairs").forEach(pair -> pairs.add(pair(pair)));
        PairBatch all = PairBatch.of(pairs);
        try (Device device = kind.open();
                TrainableLlama model = model(device, all.batch().tokens())) {
            double[] reference = all.logProbabilities(model.negativeLogLikelihoods(all.batch()));
            requireLogProbabilities(reference, "reference_chosen_logps", "reference_rejected_logps");
            try (Safetensors policy =
                    Safetensors.open(ReferenceData.require("golden/finetuning/lora/merged.safetensors"))) {
                for (String name : model.parameters().names()) {
                    device.upload(policy.tensor(name).data(), model.parameters().tensor(name));
                }
            }
            requireLogProbabilities(
                    all.logProbabilities(model.negativeLogLikelihoods(all.batch())),
                    "policy_chosen_logps",
                    "policy_rejected_logps");
            requireLossAndGradients(device, model, pairs, reference);
            PairObjective smoothed = new PairObjective(
                    new PreferenceSettings(PreferenceLoss.SIGMOID, 0.1, 0.1, false), all, reference, 1);
            assertThat(smoothed.evaluate(model.negativeLogLikelihoods(all.batch())) / pairs.size())
                    .isCloseTo(numbers.get("loss_label_smoothing_0.1").doubleValue(), within(2e-5));
        }
    }

    /** In two micro-batches, as a step has them. */
    private void requireLossAndGradients(
            Device device, TrainableLlama model, List<EncodedPair> pairs, double[] reference) {
        model.zeroGradients();
        double loss = 0;
        double margins = 0;
        double right = 0;
        for (int first = 0; first < pairs.size(); first += 3) {
            int end = Math.min(pairs.size(), first + 3);
            PairBatch batch = PairBatch.of(pairs.subList(first, end));
            PairObjective objective = new PairObjective(
                    new PreferenceSettings(PreferenceLoss.SIGMOID, 0.1, 0, false),
                    batch,
                    Arrays.copyOfRange(reference, 2 * first, 2 * end),
                    1.0 / pairs.size());
            loss += model.forwardBackward(batch.batch(), objective);
            margins += objective.sums().get("rewards/margins");
            right += objective.sums().get("rewards/accuracies");
        }
        assertThat(loss / pairs.size()).isCloseTo(numbers.get("loss").doubleValue(), within(2e-5));
        assertThat(margins / pairs.size())
                .isCloseTo(numbers.get("reward_margin").doubleValue(), within(4e-5));
        assertThat(right / pairs.size())
                .isEqualTo(numbers.get("reward_accuracy").doubleValue());
        try (Safetensors expected = Safetensors.open(golden.resolve("grad.safetensors"))) {
            assertThat(expected.names()).hasSameSizeAs(model.parameters().names());
            for (String name : expected.names()) {
                float[] wanted = expected.tensor(name).toFloats();
                float[] actual = Golden.floats(device, model.gradients().tensor(name));
                assertThat(actual).as(name).hasSameSizeAs(wanted);
                for (int i = 0; i < wanted.length; i++) {
                    assertThat((double) actual[i]).as("%s[%d]", name, i).isCloseTo(wanted[i], within(1e-5));
                }
            }
        }
    }

    private void requireLogProbabilities(double[] actual, String chosen, String rejected) {
        for (int pair = 0; 2 * pair < actual.length; pair++) {
            assertThat(actual[2 * pair]).isCloseTo(numbers.get(chosen).get(pair).doubleValue(), within(2e-4));
            assertThat(actual[2 * pair + 1])
                    .isCloseTo(numbers.get(rejected).get(pair).doubleValue(), within(2e-4));
        }
    }

    private static TrainableLlama model(Device device, int tokens) {
        Path checkpoint = ReferenceData.require("golden/checkpoints/a-gqa");
        TrainableLlama model = TrainableLlama.create(device, HuggingFaceDirectory.readConfig(checkpoint), 1, tokens);
        HuggingFaceDirectory.readInto(checkpoint, model.parameters(), device);
        return model;
    }

    private static EncodedPair pair(JsonNode pair) {
        return new EncodedPair(
                side(pair.get("prompt_ids"), pair.get("chosen_ids")),
                side(pair.get("prompt_ids"), pair.get("rejected_ids")));
    }

    private static EncodedConversation side(JsonNode prompt, JsonNode answer) {
        int[] ids = IntStream.range(0, prompt.size() + answer.size())
                .map(i -> (i < prompt.size() ? prompt.get(i) : answer.get(i - prompt.size())).intValue())
                .toArray();
        BitSet trained = new BitSet();
        trained.set(prompt.size(), ids.length);
        return new EncodedConversation(ids, trained);
    }
}
