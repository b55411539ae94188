package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;

class FinetuneCommandTest {
    @TempDir
    private Path folder;

    private Path recipe;

    @BeforeEach
    void write() throws IOException {
        String row = "{\"messages\": [{\"role\": \"user\", \"content\": \"Say </s> %d\"},"
                + " {\"role\": \"assistant\", \"content\": \"So \\u001b[31m\\u009b it is.\"}]}%n";
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            rows.append(row.formatted(i));
        }
        Path chats = Files.writeString(folder.resolve("chats.jsonl"), rows);
        recipe = Files.writeString(folder.resolve("recipe.yaml"), """
                model: {from: '%s'}
                data: [{path: '%s'}]
                chat: {template: zephyr, samples: 1}
                training: {threads: 1, sequence_length: 128, micro_batch: 1, batch_sequences: 1, steps: 2}
                schedule: {peak: 1e-4, minimum: 0, warmup_ratio: 0.1}
                checkpoint: {directory: '%s'}
                """.formatted(
                        ReferenceData.require("golden/stories260k-hf"), chats, folder.resolve("run")));
    }

    @Test
    void aPreviewSetsApartWhatIsTrainedOnAndCannotSteerTheTerminal() {
        Cria.Result result = Cria.run("finetune", recipe, "--preview", 1);
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out())
                .contains("<|user|>\nSay </s> ")
                .contains("⟦So ␛[31m\ufffd it is.</s>⟧")
                .doesNotContain("\u001b");
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test
    void aRunAnswersAQuestionAndItsCheckpointChats() {
        Cria.Result dry = Cria.run("finetune", recipe, "--dry-run");
        assertThat(dry.out()).contains("2 steps").contains("conversations: ");
        Cria.Result run = Cria.run("finetune", recipe);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("user: Say </s>").contains("assistant: ").contains("done: 2 steps");
        Cria.Result chat = Cria.runWithInput(
                "hello\n", "chat", "--model", folder.resolve("run"), "--max-tokens", 4, "--temperature", 0);
        assertThat(chat.code()).as(chat.err()).isZero();
        assertThat(chat.err()).doesNotContain("conversation");
        Cria.Result answer = Cria.run(
                "generate", "--model", folder.resolve("run"), "--prompt", "hello", "--max-tokens", 1, "--json");
        Cria.Result raw = Cria.run(
                "generate",
                "--model",
                folder.resolve("run"),
                "--prompt",
                "hello",
                "--max-tokens",
                1,
                "--json",
                "--raw");
        assertThat(promptTokens(answer)).isGreaterThan(promptTokens(raw) + 5);
    }

    private static int promptTokens(Cria.Result result) {
        return new JsonMapper().readTree(result.out()).get("prompt_ids").size();
    }

    @Test
    void eachKindOfRecipeHasItsCommand() {
        Cria.Result result = Cria.run("pretrain", recipe);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("cria finetune");
        Cria.Result other = Cria.run("finetune", ReferenceData.repositoryRoot().resolve("recipes/quickstart.yaml"));
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("no chat section");
    }
}
