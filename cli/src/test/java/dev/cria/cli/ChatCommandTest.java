package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Conversations through pipes, with a real model. */
class ChatCommandTest {
    @TempDir
    private Path directory;

    private static Cria.Result chat(String typed, Object... more) {
        Path model = ReferenceData.require("golden/stories260k-hf");
        List<Object> arguments = new ArrayList<>(
                List.of("chat", "--model", model, "--temperature", 0, "--max-tokens", 12, "--threads", 1));
        arguments.addAll(List.of(more));
        return Cria.runWithInput(typed, arguments.toArray());
    }

    private static List<JsonNode> answers(Cria.Result result) {
        return result.lines().stream().map(JsonMapper.shared()::readTree).toList();
    }

    @Test
    void aModelWithoutATemplateIsNoChatModel() {
        Cria.Result result = chat("Hi\n");
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).contains("no chat template").contains("HINT: ").contains("--template zephyr");
        assertThat(chat("Hi\n", "--template", "no-such-file").err()).contains("no-such-file");
    }

    @Test
    void eachLineIsAMessageAndStdoutHasTheAnswersAlone() {
        Cria.Result first = chat("Once upon a time\n", "--template", "zephyr");
        assertThat(first.code()).isZero();
        assertThat(first.out())
                .isNotBlank()
                .endsWith("\n")
                .doesNotContain("\u001b")
                .doesNotContain("</s>");
        Cria.Result both = chat("Once upon a time\n/stats\nthere was a cat\n/exit\nunread\n", "--template", "zephyr");
        assertThat(both.out())
                .startsWith(first.out())
                .hasSizeGreaterThan(first.out().length() + 5);
        assertThat(both.err()).contains("prompt: ", "context: ").doesNotContain("\u001b");
    }

    @Test
    void figuresAreThoseOfTheCache() {
        Cria.Result result =
                chat("Once upon a time\nthere was a cat\n/retry\n", "--template", "zephyr", "--json", "--context", 300);
        List<JsonNode> answers = answers(result);
        assertThat(answers).hasSize(3);
        assertThat(answers.get(0).get("cached_tokens").intValue()).isZero();
        JsonNode second = answers.get(1);
        int earlier = answers.get(0).get("prompt_tokens").intValue();
        assertThat(second.get("cached_tokens").intValue()).isGreaterThanOrEqualTo(earlier);
        assertThat(second.get("context_length").intValue()).isEqualTo(300);
        JsonNode again = answers.get(2);
        assertThat(again.get("content")).isEqualTo(second.get("content"));
        assertThat(again.get("cached_tokens").intValue())
                .isEqualTo(again.get("prompt_tokens").intValue() - 1);
        assertThat(result.err()).contains("always the same");
    }

    @Test
    void aFullContextForgetsTheOldest() {
        String many = "There was a cat and a dog and a bird.\n".repeat(8);
        Cria.Result result =
                chat(many, "--template", "zephyr", "--json", "--context", 256, "--system", "Once upon a time");
        List<JsonNode> answers = answers(result);
        assertThat(answers).hasSize(8);
        assertThat(answers.stream()
                        .mapToInt(answer -> answer.get("forgotten_messages").intValue())
                        .sum())
                .isPositive();
        assertThat(answers).allMatch(answer -> answer.get("context_used").intValue() <= 256);
        assertThat(result.err()).contains("no longer sees the oldest");
        assertThat(result.code()).isZero();
        Cria.Result tooLong = chat("word ".repeat(400) + "\nHi\n", "--template", "zephyr", "--context", 256);
        assertThat(tooLong.code()).isEqualTo(2);
        assertThat(tooLong.err()).contains("the context holds 256");
        assertThat(tooLong.out()).isNotBlank();
    }

    @Test
    void conversationsAreSavedAndGoneOnWith() throws IOException {
        Path file = directory.resolve("talk.jsonl");
        chat("/system Once\n\"\"\"\nOne day\nLily\n\"\"\"\n/save " + file + "\n", "--template", "zephyr");
        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(3);
        assertThat(lines.get(1)).isEqualTo("{\"role\":\"user\",\"content\":\"One day\\nLily\"}");
        String first = JsonMapper.shared().readTree(lines.get(2)).get("content").stringValue();
        Cria.Result loaded = chat("/load " + file + "\n/retry\n", "--template", "zephyr");
        assertThat(loaded.out()).isEqualTo(first + "\n");
    }

    @Test
    void theModelsOwnTemplateIsUsed() {
        Path model = ReferenceData.require("golden/random-llama-32k-hf");
        Cria.Result own = Cria.runWithInput(
                "Hi\n", "chat", "--model", model, "--max-tokens", 4, "--seed", 5, "--json", "--threads", 1);
        JsonNode generated = JsonMapper.shared()
                .readTree(Cria.run(
                                "generate",
                                "--model",
                                model,
                                "--prompt",
                                "Hi",
                                "--max-tokens",
                                4,
                                "--seed",
                                5,
                                "--json")
                        .out());
        JsonNode answer = answers(own).getFirst();
        assertThat(answer.get("prompt_tokens").intValue())
                .isEqualTo(generated.get("prompt_ids").size());
        assertThat(answer.get("content")).isEqualTo(generated.get("text"));
        assertThat(own.err()).contains("cut off after 4 tokens");
    }

    @Test
    void wrongUsageIsRefused() {
        assertThat(Cria.run("chat").err()).contains("--model");
        assertThat(chat("", "--template", "zephyr").code()).isZero();
        assertThat(chat("Hi\n", "--template", "zephyr", "--top-p", 3).code()).isEqualTo(2);
        assertThat(chat("Hi\n", "--template", "zephyr", "--context", 100_000).err())
                .contains("context");
        assertThat(Cria.run("chat", "--help").out()).contains("Ctrl-C").contains("--template");
    }
}
