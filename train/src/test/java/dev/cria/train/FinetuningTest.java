package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.data.chat.Conversation;
import dev.cria.text.ChatTemplate;
import dev.cria.train.metrics.History;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Fine-tuning a 260,000-parameter model through the same loop that pretrains. */
class FinetuningTest {
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    Path folder;

    private Path chats;

    @BeforeEach
    void writeConversations() throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            ObjectNode row = JSON.createObjectNode();
            var messages = row.putArray("messages");
            messages.addObject().put("role", "user").put("content", "Tell me of cat number " + i + ".");
            messages.addObject().put("role", "assistant").put("content", "Cat " + i + " is happy.");
            lines.add(row.toString());
        }
        lines.add("{\"messages\": [{\"role\": \"user\", \"content\": \"Hello?\"}]}");
        chats = Files.write(folder.resolve("chats.jsonl"), lines);
    }

    private Recipe recipe(String... settings) {
        return Recipe.parse(
                """
                model: {from: '%s'}
                data: [{path: '%s'}]
                chat: {template: zephyr, epochs: 2, validation_fraction: 0.1, samples: 1}
                training: {threads: 1, sequence_length: 192, micro_batch: 2, batch_sequences: 3, seed: 5}
                optimizer: {weight_decay: 0}
                schedule: {peak: 1e-3, minimum: 0, warmup_ratio: 0.1}
                checkpoint: {every: 5}
                validation: {every: 5, tokens: 2000}
                """.formatted(ReferenceData.require("golden/stories260k-hf"), chats),
                "sft.yaml",
                Arrays.asList(settings));
    }

    @Test
    void learnsSavesItsTemplateAndTellsWhatItLeftOut() throws Exception {
        List<String> notices = new ArrayList<>();
        List<Conversation> examples = new ArrayList<>();
        TrainListener told = new TrainListener() {
            @Override
            public void onNotice(String sentence) {
                notices.add(sentence);
            }

            @Override
            public void onExamples(List<Conversation> given) {
                examples.addAll(given);
            }
        };
        TrainingResult result = Trainer.run(recipe(), SmallRun.options(folder.resolve("run")), told);
        assertThat(result.complete()).isTrue();
        List<Double> losses = History.read(folder.resolve("run/metrics.jsonl")).validations().stream()
                .map(v -> v.loss())
                .toList();
        assertThat(losses.getLast()).isLessThan(0.8 * losses.getFirst());
        assertThat(notices).anyMatch(line -> line.startsWith("conversations: ") && line.endsWith(" held out"));
        assertThat(notices).contains("left out or cut: 1 without an assistant's turn left out");
        assertThat(examples).hasSize(1);
        Path checkpoint = result.checkpoint().orElseThrow();
        ChatTemplate template = ChatTemplate.find(checkpoint).orElseThrow();
        JsonNode config = JSON.readTree(Files.readAllBytes(checkpoint.resolve("tokenizer_config.json")));
        assertThat(config.get("chat_template").stringValue()).isEqualTo(template.source());
        assertThat(config.has("tokenizer_class")).isTrue();
        assertThat(result.best()).isPresent();
        assertThat(Files.readString(folder.resolve("run/metrics.jsonl"))).doesNotContain("bits_per_byte");
        Recipe again = Recipe.read(folder.resolve("run/recipe.yaml"), List.of());
        assertThat(again.stages().getFirst().length().amount()).isEqualTo(result.steps());
    }

    @Test
    void goesOnAfterAStopWithTheSameBits() throws Exception {
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        Trainer.run(recipe(), SmallRun.options(whole), new TrainListener() {});
        int[] steps = {0};
        Trainer.run(recipe(), SmallRun.options(parts).withStopRequested(() -> ++steps[0] == 4), new TrainListener() {});
        Trainer.run(recipe(), SmallRun.resume(parts), new TrainListener() {});
        assertThat(SmallRun.numbers(parts)).isEqualTo(SmallRun.numbers(whole));
    }

    @Test
    void theFirstStepsLossIsTheReferencesForTheGoldenConversations() throws Exception {
        JsonNode golden = JSON.readTree(Files.readAllBytes(ReferenceData.require("golden/finetuning/sft/golden.json")));
        List<String> lines = new ArrayList<>();
        for (JsonNode conversation : golden.get("conversations")) {
            ObjectNode row = JSON.createObjectNode();
            row.set("messages", conversation.get("messages"));
            lines.add(row.toString());
        }
        Files.write(chats, lines);
        Recipe recipe = recipe(
                "chat.validation_fraction=0",
                "chat.epochs=1",
                "training.batch_sequences=1",
                "training.sequence_length=256",
                "chat.template=" + template());
        TrainingResult result = Trainer.run(recipe, SmallRun.options(folder.resolve("golden")), new TrainListener() {});
        assertThat(result.steps()).isEqualTo(1);
        assertThat(result.loss()).isCloseTo(golden.get("batch_loss_token_mean").doubleValue(), within(2e-5));
        double norm = History.read(folder.resolve("golden/metrics.jsonl"))
                .steps()
                .getFirst()
                .gradientNorm();
        assertThat(norm).isCloseTo(golden.get("grad_norm_all_parameters").doubleValue(), within(1e-3));
    }

    /** TinyLlama-Chat's published template. */
    private Path template() throws Exception {
        return Files.writeString(
                folder.resolve("template.jinja"),
                ChatTemplate.load(ReferenceData.require("golden/llama2-tokenizer"))
                        .source());
    }

    @Test
    void aPreviewReadsAndMarksButTrainsNothing() {
        FinetuningPreview preview = FinetuningPreview.of(recipe(), 2);
        assertThat(preview.examples()).hasSize(2);
        assertThat(preview.examples().getFirst().text().trained().cardinality()).isPositive();
        assertThat(preview.notices()).hasSize(2);
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void recipesThatDoNotFitAreRefusedInASentence() {
        assertThatThrownBy(() -> recipe("training.steps=5")).hasMessageContaining("cannot stand beside chat.epochs");
        assertThatThrownBy(() -> recipe("chat.on_bad=weep")).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> recipe("schedule.warmup_steps=5"))
                .hasMessageContaining("warmup_ratio")
                .hasMessageContaining("cannot stand beside warmup_steps");
        assertThatThrownBy(() -> run("chat.on_bad=stop"))
                .hasMessageContaining("chats.jsonl:61 has no assistant's turn");
        assertThatThrownBy(() -> run("chat.template=none.jinja")).hasMessageContaining("no template 'none.jinja'");
        assertThatThrownBy(() -> run("training.sequence_length=16"))
                .hasMessageContaining("60 longer than the context left out");
        assertThatThrownBy(() -> run("training.sequence_length=9999")).hasMessageContaining("longer than the context");
    }

    private void run(String setting) {
        Trainer.run(recipe(setting), SmallRun.options(folder.resolve("refused")), new TrainListener() {});
    }

    @Test
    void aRecipeForConversationsWritesItself() {
        Recipe recipe = recipe("chat.validation=[a.jsonl, b.jsonl]");
        assertThat(Recipe.parse(recipe.toYaml(), "written", List.of())).isEqualTo(recipe);
    }
}
