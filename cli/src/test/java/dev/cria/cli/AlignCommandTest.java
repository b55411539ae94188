package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class AlignCommandTest {
    @TempDir
    private Path folder;

    private Path recipe;

    @BeforeEach
    void write() throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 48; i++) {
            rows.append("""
                    {"prompt": [{"role": "user", "content": "Say </s> %d"}], "chosen": [{"role": "assistant", "content": "It is %d, thank you."}], "rejected": [{"role": "assistant", "content": "No %d!"}]}
                    """.formatted(i, i, i));
        }
        Path pairs = Files.writeString(folder.resolve("pairs.jsonl"), rows);
        recipe = Files.writeString(folder.resolve("recipe.yaml"), """
                model: {from: '%s'}
                data: [{path: '%s'}]
                chat: {template: zephyr, samples: 1, validation_fraction: 0.2}
                align: {loss: sigmoid}
                training: {threads: 1, sequence_length: 128, micro_batch: 2, batch_pairs: 8, steps: 8}
                optimizer: {weight_decay: 0}
                schedule: {peak: 3e-4, minimum: 0, warmup_ratio: 0.1}
                checkpoint: {directory: '%s'}
                validation: {every: 4}
                """.formatted(
                        ReferenceData.require("golden/stories260k-hf"), pairs, folder.resolve("run")));
    }

    @Test
    void aPreviewSetsApartTheAnswersThatAreScored() {
        Cria.Result result = Cria.run("align", recipe, "--preview", 1);
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out())
                .contains("pair 1, chosen: ")
                .contains("<|user|>\nSay </s> ")
                .contains("⟦It is ")
                .contains("pair 1, rejected: ")
                .contains("⟦No ")
                .contains("preference pairs: ");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void aRunLearnsThePreferenceAndItsCheckpointChats() throws Exception {
        Cria.Result dry = Cria.run("align", recipe, "--dry-run");
        assertThat(dry.code()).as(dry.err()).isZero();
        assertThat(dry.out()).contains("8 steps").contains("(8 pairs)").contains("preference pairs: ");
        Cria.Result run = Cria.run("align", recipe, "--json");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err())
                .contains("reference: the starting model was asked about 48 pairs")
                .contains("% of the pairs right")
                .contains("user: Say </s>")
                .contains("done: 8 steps");
        JsonNode ended = JsonMapper.shared().readTree(run.out());
        assertThat(ended.path("metrics").path("rewards/accuracies").doubleValue())
                .isGreaterThan(0.9);
        Cria.Result chat = Cria.runWithInput(
                "hello\n", "chat", "--model", folder.resolve("run"), "--max-tokens", 4, "--temperature", 0);
        assertThat(chat.code()).as(chat.err()).isZero();
    }

    @Test
    void eachKindOfRecipeHasItsCommand() {
        Cria.Result finetune = Cria.run("finetune", recipe);
        assertThat(finetune.code()).isEqualTo(2);
        assertThat(finetune.err()).contains("cria align");
        assertThat(Cria.run("pretrain", recipe).err()).contains("cria align");
        Cria.Result other = Cria.run("align", ReferenceData.repositoryRoot().resolve("recipes/chat-sft.yaml"));
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("no align section").contains("cria finetune");
    }

    @Test
    void pairsThatCannotBeLearntFromAreRefusedInASentence() throws IOException {
        Path bad = Files.writeString(
                folder.resolve("bad.jsonl"), "{\"prompt\": \"a\", \"chosen\": \"b\", \"rejected\": \"b\"}\n");
        Cria.Result stop = Cria.run("align", recipe, "--set", "data.0.path=" + bad, "--set", "chat.on_bad=stop");
        assertThat(stop.code()).isEqualTo(2);
        assertThat(stop.err()).contains("bad.jsonl:1 has two equal answers").contains("HINT");
        Cria.Result none = Cria.run("align", recipe, "--set", "data.0.path=" + bad);
        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("no preference pair to learn from").contains("HINT");
    }
}
