package dev.cria.model.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.model.Golden;
import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.SessionOptions;
import dev.cria.model.TestDevice;
import dev.cria.model.generation.GenerationListener;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.model.generation.Generator;
import dev.cria.model.generation.SamplingOptions;
import dev.cria.model.generation.Score;
import dev.cria.model.generation.Scorer;
import dev.cria.tensor.Arithmetic;
import dev.cria.tensor.Device;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.cpu.Tier;
import dev.cria.text.Tokenizer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The trained 260K model as a GGUF file: what it writes equals what transformers writes with the same weights. */
class GgufGoldenTest {
    private static Path file(String type) {
        return ReferenceData.require("golden/quant/stories260k-" + type + ".gguf");
    }

    @Test
    void configurationEqualsHuggingFaces() {
        try (Device device = Golden.open(Tier.SCALAR);
                LlamaModel model = LlamaModel.load(file("f32"), device)) {
            var expected = HuggingFaceDirectory.readConfig(ReferenceData.require("golden/stories260k-hf"));
            // The file knows of one id that ends a text; generation_config.json of two.
            assertThat(model.config())
                    .isEqualTo(expected.withVocabulary(expected.vocabSize(), expected.bosTokenId(), List.of(2)));
            assertThat(model.weights().ropeOrder()).isEqualTo(RopeOrder.PAIRS);
            assertThat(model.weights().head()).isSameAs(model.weights().embedding());
            assertThat(model.chatTemplate()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#hosts")
    void greedyTextOfFloat32EqualsTransformers(TestDevice kind) {
        try (Device device = kind.open();
                LlamaModel model = LlamaModel.load(file("f32"), device);
                LlamaSession session = model.newSession(512)) {
            Tokenizer tokenizer = model.tokenizer().orElseThrow();
            Generator generator = new Generator(session, model.tokenizer());
            GenerationOptions options = new GenerationOptions(200, SamplingOptions.greedy(), List.of(), true);
            for (JsonNode expected : Golden.json("stories260k-hf/golden.json").get("greedy")) {
                int[] prompt = Golden.ids(expected.get("prompt_ids"));
                String promptText = expected.get("prompt_text").stringValue();
                assertThat(tokenizer.encode(promptText)).containsExactly(Arrays.copyOfRange(prompt, 1, prompt.length));
                session.reset();
                GenerationResult result = generator.generate(prompt, options, GenerationListener.NONE);
                assertThat(result.ids().stream().mapToInt(Integer::intValue).toArray())
                        .containsExactly(Golden.ids(expected.get("new_ids")));
                assertThat(promptText + result.text())
                        .isEqualTo(expected.get("text").stringValue());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("dev.cria.model.TestDevice#all")
    void logitsEqualTheDirectorys(TestDevice kind) {
        int[] ids = Golden.ids(
                Golden.json("stories260k-hf/golden.json").get("story").get("ids"));
        try (Device device = kind.open();
                LlamaModel gguf = LlamaModel.load(file("f32"), device);
                LlamaModel directory = LlamaModel.load(ReferenceData.require("golden/stories260k-hf"), device);
                LlamaSession one = gguf.newSession(512);
                LlamaSession other = directory.newSession(512)) {
            assertThat(Golden.maximumDifference(
                            Golden.floats(device, one.forward(ids)), Golden.floats(device, other.forward(ids))))
                    .isLessThan(1e-4f);
        }
    }

    /** Rounding weights to 8 bits moves a text sooner or later: the golden texts' first sentences stay, and the story is as likely as llama.cpp finds it. */
    @ParameterizedTest
    @EnumSource(Arithmetic.class)
    void eightBitsWriteTheSameFirstSentences(Arithmetic arithmetic) {
        try (Device device = Golden.open(Tier.NATIVE);
                LlamaModel model = LlamaModel.load(file("q8_0"), device);
                LlamaSession session =
                        model.newSession(SessionOptions.exact(512).withArithmetic(arithmetic))) {
            JsonNode golden = Golden.json("stories260k-hf/golden.json");
            for (JsonNode expected : golden.get("greedy")) {
                int[] ids = Golden.ids(expected.get("new_ids"));
                int[] written = new int[64];
                int[] next = Golden.ids(expected.get("prompt_ids"));
                session.reset();
                for (int i = 0; i < written.length; i++) {
                    written[i] = argmax(session.forwardLast(next).toFloats());
                    next = new int[] {written[i]};
                }
                assertThat(written).containsExactly(Arrays.copyOf(ids, written.length));
            }
            int[] story = Golden.ids(golden.get("story").get("ids"));
            session.reset();
            Score score = new Scorer(session).score(new int[] {1}, Arrays.copyOfRange(story, 1, story.length));
            assertThat(-score.logProbability() / score.tokens()).isCloseTo(1.0596, within(2e-3));
        }
    }

    private static int argmax(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = logits[i] > logits[best] ? i : best;
        }
        return best;
    }
}
