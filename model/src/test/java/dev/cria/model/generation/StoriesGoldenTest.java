package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.model.Golden;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.TestDevice;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The trained 260K model: generations, texts, log-probabilities and perplexity as transformers computes them. */
class StoriesGoldenTest {
    private static LlamaModel load(Device device) {
        return LlamaModel.load(ReferenceData.require("golden/stories260k-hf"), device);
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void greedyTextEqualsTransformers(TestDevice kind) {
        JsonNode golden = Golden.json("stories260k-hf/golden.json");
        try (Device device = kind.open();
                LlamaModel model = load(device);
                LlamaSession session = model.newSession(512)) {
            Tokenizer tokenizer = model.tokenizer().orElseThrow();
            Generator generator = new Generator(session, model.tokenizer());
            for (JsonNode expected : golden.get("greedy")) {
                int[] ids = Golden.ids(expected.get("new_ids"));
                int[] prompt = Golden.ids(expected.get("prompt_ids"));
                String promptText = expected.get("prompt_text").stringValue();
                assertThat(withBos(tokenizer, promptText)).containsExactly(prompt);
                GenerationOptions options = new GenerationOptions(200, SamplingOptions.greedy(), List.of(), true);
                StringBuilder streamed = new StringBuilder();
                session.reset();
                GenerationResult result = generator.generate(prompt, options, (id, text) -> {
                    streamed.append(text);
                    return true;
                });
                assertThat(result.ids())
                        .containsExactlyElementsOf(Arrays.stream(ids).boxed().toList());
                assertThat(promptText + result.text())
                        .isEqualTo(expected.get("text").stringValue());
                assertThat(streamed).hasToString(result.text());
                assertThat(result.stopReason()).isEqualTo(StopReason.LENGTH);
                assertThat(result.promptTokens()).isEqualTo(prompt.length);
                if (kind.isEmulated()) {
                    break; // one text takes it as long as all take others
                }
            }
        }
    }

    private static int[] withBos(Tokenizer tokenizer, String text) {
        int[] ids = tokenizer.encode(text);
        int[] all = new int[ids.length + 1];
        all[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, all, 1, ids.length);
        return all;
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void logitsEqualTransformers(TestDevice kind) {
        JsonNode golden = Golden.json("stories260k-hf/golden.json");
        try (Device device = kind.open();
                LlamaModel model = load(device);
                LlamaSession session = model.newSession(512);
                Safetensors tensors = Golden.tensors("stories260k-hf/golden.safetensors")) {
            float[] prompt = Golden.floats(
                    device, session.forward(Golden.ids(golden.get("prompt").get("ids"))));
            assertThat(Golden.maximumDifference(
                            prompt, tensors.tensor("prompt_logits").toFloats()))
                    .isLessThan(1e-4f);
            session.reset();
            int[] ids = Golden.ids(golden.get("greedy").get(0).get("new_ids"));
            int next = 1;
            for (int i = 0; i < 32; i++) {
                float[] logits = Golden.floats(device, session.forwardLast(new int[] {next}));
                float[] expected = tensors.tensor("greedy_from_bos_step_logits")
                        .rows(i, i + 1)
                        .toFloats();
                assertThat(Golden.maximumDifference(logits, expected)).isLessThan(1e-4f);
                next = ids[i];
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void logProbabilitiesAndPerplexityEqualTransformers(TestDevice kind) {
        JsonNode golden = Golden.json("stories260k-hf/golden.json");
        try (Device device = kind.open();
                LlamaModel model = load(device);
                LlamaSession session = model.newSession(512);
                Safetensors tensors = Golden.tensors("stories260k-hf/golden.safetensors")) {
            Scorer scorer = new Scorer(session);
            JsonNode story = golden.get("story");
            int[] ids = Golden.ids(story.get("ids"));
            float[] expected = tensors.tensor("story_token_logprobs").toFloats();
            for (int t = 1; t < ids.length; t += 7) {
                Score score = scorer.score(Arrays.copyOf(ids, t), new int[] {ids[t]});
                assertThat(score.logProbability()).isCloseTo(expected[t - 1], within(5e-5));
            }
            Score whole = scorer.score(new int[] {ids[0]}, Arrays.copyOfRange(ids, 1, ids.length));
            assertThat(whole.logProbability())
                    .isCloseTo(story.get("sum_logprob").doubleValue(), within(189 * 5e-5));
            assertThat(Math.exp(-whole.logProbability() / whole.tokens()))
                    .isCloseTo(story.get("perplexity").doubleValue(), within(3e-4));

            JsonNode windowed = golden.get("windowed");
            int[] body = Golden.ids(windowed.get("body_ids"));
            double nll = 0;
            for (int from = 0; from < body.length; from += 255) {
                nll -= scorer.score(new int[] {1}, Arrays.copyOfRange(body, from, Math.min(body.length, from + 255)))
                        .logProbability();
            }
            double perplexity = windowed.get("perplexity").doubleValue();
            assertThat(Math.exp(nll / body.length)).isCloseTo(perplexity, within(1e-4 * perplexity));
        }
    }

    @Test
    void stopsAtEosStopStringsLengthAndOnRequest() {
        JsonNode greedy =
                Golden.json("stories260k-hf/golden.json").get("greedy").get(1);
        try (Device device = Golden.open(Tier.NATIVE);
                LlamaModel model = load(device);
                LlamaSession session = model.newSession(512);
                LlamaSession small = model.newSession(40)) {
            int[] prompt = Golden.ids(greedy.get("prompt_ids"));
            Generator generator = new Generator(session, model.tokenizer());
            GenerationResult eos = generator.generate(
                    prompt, new GenerationOptions(200, SamplingOptions.greedy()), GenerationListener.NONE);
            assertThat(eos.stopReason()).isEqualTo(StopReason.EOS);
            assertThat(eos.ids()).hasSize(greedy.get("first_eos_index").intValue() + 1);
            assertThat(greedy.get("prompt_text").stringValue() + eos.text())
                    .isEqualTo(greedy.get("text_until_eos").stringValue());

            session.reset();
            GenerationResult stopped = generator.generate(
                    prompt,
                    new GenerationOptions(200, SamplingOptions.greedy(), List.of("big box.", "nothing"), false),
                    GenerationListener.NONE);
            assertThat(stopped.stopReason()).isEqualTo(StopReason.STOP_STRING);
            assertThat(stopped.text()).isEqualTo(" They saw a big box with a ");

            session.reset();
            List<Integer> heard = new ArrayList<>();
            GenerationResult cancelled =
                    generator.generate(prompt, new GenerationOptions(200, SamplingOptions.greedy()), (id, text) -> {
                        heard.add(id);
                        return heard.size() < 5;
                    });
            assertThat(cancelled.stopReason()).isEqualTo(StopReason.CANCELLED);
            assertThat(cancelled.ids()).isEqualTo(heard).hasSize(5);

            GenerationResult full = new Generator(small, model.tokenizer())
                    .generate(prompt, new GenerationOptions(200, SamplingOptions.greedy()), GenerationListener.NONE);
            assertThat(full.stopReason()).isEqualTo(StopReason.LENGTH);
            // The last token is chosen but needs no place in the cache.
            assertThat(full.ids()).hasSize(40 - prompt.length + 1);
            assertThatThrownBy(() -> small.forward(new int[1]))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("40 are in it");
            assertThat(small.length()).isEqualTo(40);
        }
    }

    @Test
    void refusesWhatTheModelCannotDo() {
        try (Device device = Golden.open(Tier.NATIVE);
                LlamaModel model = load(device);
                LlamaSession session = model.newSession(16)) {
            assertThatThrownBy(() -> model.newSession(513))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("1 to 512");
            assertThatThrownBy(() -> session.forward(new int[] {512}))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("0..511");
            Generator generator = new Generator(session, model.tokenizer());
            GenerationOptions options = new GenerationOptions(1, SamplingOptions.greedy());
            assertThatThrownBy(() -> generator.generate(new int[0], options, GenerationListener.NONE))
                    .isInstanceOf(UserError.class);
            assertThatThrownBy(() -> generator.generate(new int[17], options, GenerationListener.NONE))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("context holds 16");
            Scorer scorer = new Scorer(session);
            assertThatThrownBy(() -> scorer.score(new int[] {1}, new int[17])).isInstanceOf(UserError.class);
            assertThatThrownBy(() -> scorer.score(new int[] {1}, new int[0])).isInstanceOf(UserError.class);
            assertThat(scorer.score(new int[40], new int[] {5, 6}).contextTokensKept())
                    .isEqualTo(15);
        }
    }
}
