package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class GenerateCommandTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @ParameterizedTest
    @CsvSource({"0, stories260k-hf", "1, stories260k-hf", "2, stories260k-hf", "1, quant/stories260k-f32.gguf"})
    void greedyTextIsTheReference(int number, String name) throws IOException {
        Path model = ReferenceData.require("golden/" + name);
        JsonNode golden = JSON.readTree(Files.readString(ReferenceData.require("golden/stories260k-hf/golden.json")))
                .get("greedy")
                .get(number);
        JsonNode result = JSON.readTree(Cria.run(
                        "generate",
                        "--model",
                        model,
                        "--prompt",
                        golden.get("prompt_text").stringValue(),
                        "--temperature",
                        0,
                        "--max-tokens",
                        200,
                        "--ignore-eos",
                        "--json")
                .out());
        assertThat(result.get("prompt_ids")).isEqualTo(golden.get("prompt_ids"));
        assertThat(result.get("ids")).isEqualTo(golden.get("new_ids"));
        assertThat(result.get("stop_reason").stringValue()).isEqualTo("length");
    }

    @ParameterizedTest
    @CsvSource({"stories260k-hf", "quant/stories260k-q8_0.gguf"})
    void whereWeightsLieChangesNoText(String name) {
        Path model = ReferenceData.require("golden/" + name);
        Object[] arguments = {"generate", "--model", model, "--prompt", "One day", "--seed", 7, "--max-tokens", 60};
        String text = Cria.run(arguments).out();
        assertThat(text).isNotBlank();
        for (String place : List.of("auto", "map", "copy")) {
            Object[] all = Stream.concat(Arrays.stream(arguments), Stream.of("--weights", place))
                    .toArray();
            assertThat(Cria.run(all).out()).as(place).isEqualTo(text);
        }
    }

    @Test
    void textStreamsAsJsonTellsIt() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Object[] arguments = {
            "generate", "--model", model, "--prompt", "One day", "--seed", 7, "--max-tokens", 60, "--top-p", 0.9
        };
        Object[] json =
                Stream.concat(Arrays.stream(arguments), Stream.of("--json")).toArray();
        Cria.Result text = Cria.run(arguments);
        assertThat(text.code()).isZero();
        assertThat(text.err()).isEmpty();
        JsonNode told = JSON.readTree(Cria.run(json).out());
        assertThat(text.out()).isEqualTo(told.get("text").stringValue() + "\n");
        assertThat(told.get("seed").longValue()).isEqualTo(7);
        assertThat(Cria.run(arguments).out()).isEqualTo(text.out());
    }

    @Test
    void manyPromptsAreAnsweredAsEachAlone(@TempDir Path folder) throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        List<String> prompts = List.of("One day", "Tim and Lily", "The", "A very small dog", "Once upon a time, there");
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            String text = JSON.writeValueAsString(prompts.get(i));
            lines.add(i % 2 == 0 ? text : "{\"id\": " + i + ", \"prompt\": " + text + "}");
        }
        Path file = Files.write(folder.resolve("prompts.jsonl"), lines);
        Cria.Result result = Cria.run(
                "generate", "--model", model, "--prompts", file, "--seed", 7, "--max-tokens", 60, "--batch", 3);
        assertThat(result.code()).isZero();
        List<String> answers = result.out().lines().toList();
        assertThat(answers).hasSize(prompts.size());
        for (int i = 0; i < prompts.size(); i++) {
            JsonNode alone = JSON.readTree(Cria.run(
                            "generate",
                            "--model",
                            model,
                            "--prompt",
                            prompts.get(i),
                            "--seed",
                            7 + i,
                            "--max-tokens",
                            60,
                            "--json")
                    .out());
            JsonNode answer = JSON.readTree(answers.get(i));
            for (String what : List.of("text", "ids", "stop_reason", "seed")) {
                assertThat(answer.get(what)).as("%s of %d", what, i).isEqualTo(alone.get(what));
            }
            assertThat(answer.get("prompt").stringValue()).isEqualTo(prompts.get(i));
            assertThat(answer.path("id").asInt(-1)).isEqualTo(i % 2 == 0 ? -1 : i);
        }
    }

    @Test
    void manyPromptsAreRefusedByTheirLine(@TempDir Path folder) throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path wrong = Files.writeString(folder.resolve("wrong.jsonl"), "\"good\"\n{\"text\": \"no prompt\"}\n");
        Cria.Result refused = Cria.run("generate", "--model", model, "--prompts", wrong);
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("wrong.jsonl line 2", "HINT");
        Path longer = Files.writeString(folder.resolve("long.jsonl"), "\"a\"\n\"" + "word ".repeat(600) + "\"\n");
        Cria.Result tooLong = Cria.run("generate", "--model", model, "--prompts", longer);
        assertThat(tooLong.code()).isEqualTo(2);
        assertThat(tooLong.err()).contains("long.jsonl line 2", "the context holds 512", "--overflow slide");
        assertThat(Cria.run("generate", "--model", model, "--prompts", longer, "--prompt", "x")
                        .code())
                .isEqualTo(2);
        assertThat(Cria.run("generate", "--model", model, "--prompts", folder.resolve("absent.jsonl"))
                        .err())
                .contains("does not exist");
    }

    @Test
    void stopTextsEndTheAnswer() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        JsonNode result = JSON.readTree(Cria.run(
                        "generate",
                        "--model",
                        model,
                        "--prompt",
                        "Once upon a time",
                        "--temperature",
                        0,
                        "--stop",
                        "Lily",
                        "--json")
                .out());
        assertThat(result.get("stop_reason").stringValue()).isEqualTo("stop_string");
        assertThat(result.get("text").stringValue()).isEqualTo(", there was a little girl named ");
    }

    @Test
    void aChatTemplateIsUsedWhereThereIsOne() {
        Path model = ReferenceData.require("golden/random-llama-32k-hf");
        Object[] ask = {"generate", "--model", model, "--prompt", "Hi", "--max-tokens", 1, "--temperature", 0, "--json"
        };
        JsonNode chat = JSON.readTree(Cria.run(ask).out()).get("prompt_ids");
        assertThat(chat.size()).isGreaterThan(10);
        assertThat(chat.get(0).intValue()).isEqualTo(1);
        assertThat(chat.get(1).intValue()).isEqualTo(529);
        JsonNode raw = JSON.readTree(
                        Cria.run("generate", "--model", model, "--prompt", "Hi", "--raw", "--max-tokens", 1, "--json")
                                .out())
                .get("prompt_ids");
        assertThat(raw.toString()).isEqualTo("[1,6324]");
    }

    @ParameterizedTest
    @CsvSource({
        "--temperature, -1",
        "--top-p, 0",
        "--top-p, 1.5",
        "--min-p, 2",
        "--repetition-penalty, 0",
        "--max-tokens, -1",
        "--top-k, -1",
        "--typical-p, 0",
        "--threads, 0",
        "--temperature, warm",
        "--device, abacus",
        "--precision, f8",
        "--context, 0",
        "--context, 513",
        "--kv-cache, q8_0",
        "--kv-cache, f64",
        "--overflow, leap",
        "--draft, no/model"
    })
    void valuesOutOfRangeAreRefused(String option, String value) {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Cria.Result result = Cria.run("generate", "--model", model, "--prompt", "x", option, value);
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.out()).isEmpty();
        assertThat(result.err()).startsWith("cria: ").doesNotContain("\tat ");
        assertThat(result.err().lines()).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void theContextAndItsCacheAreChosen() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Object[] common = {
            "generate",
            "--model",
            model,
            "--prompt",
            "One day",
            "--temperature",
            0,
            "--ignore-eos",
            "--json",
            "--context",
            20
        };
        JsonNode plain = JSON.readTree(Cria.run(common).out());
        int prompt = plain.get("prompt_ids").size();
        assertThat(plain.get("stop_reason").stringValue()).isEqualTo("length");
        assertThat(plain.get("ids").size()).isEqualTo(20 - prompt + 1);
        for (String type : new String[] {"f32", "f16", "bf16"}) {
            Object[] narrow = java.util.stream.Stream.concat(
                            java.util.Arrays.stream(common), java.util.stream.Stream.of("--kv-cache", type, "--exact"))
                    .toArray();
            assertThat(JSON.readTree(Cria.run(narrow).out()).get("ids").size()).isEqualTo(20 - prompt + 1);
        }
    }

    @Test
    void draftsChangePassesAndNotTheText() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Object[] plain = {
            "generate",
            "--model",
            model,
            "--prompt",
            "One day",
            "--temperature",
            0,
            "--ignore-eos",
            "--max-tokens",
            100,
            "--json"
        };
        JsonNode alone = JSON.readTree(Cria.run(plain).out());
        assertThat(alone.get("tokens_per_pass").doubleValue()).isEqualTo(1);
        Path quantised = ReferenceData.require("golden/quant/stories260k-q8_0.gguf");
        JsonNode drafted =
                JSON.readTree(Cria.run(with(plain, "--draft", quantised)).out());
        assertThat(drafted.get("ids")).isEqualTo(alone.get("ids"));
        assertThat(drafted.get("tokens_per_pass").doubleValue()).isGreaterThan(2);
        assertThat(drafted.get("passes").intValue()).isLessThan(50);
        JsonNode looked = JSON.readTree(Cria.run(with(plain, "--prompt-lookup")).out());
        assertThat(looked.get("ids")).isEqualTo(alone.get("ids"));
        assertThat(looked.get("drafted").intValue()).isPositive();
        assertThat(Cria.run(with(plain, "--draft", quantised, "--verbose")).err())
                .contains("guesses were right");
        Cria.Result other = Cria.run(with(plain, "--draft", ReferenceData.require("golden/checkpoints/a-gqa")));
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("another vocabulary").contains("320").contains("512");
        assertThat(Cria.run(with(plain, "--prompt-lookup", "--draft-tokens", 16))
                        .code())
                .isEqualTo(2);
        assertThat(Cria.run(with(plain, "--prompt-lookup", "--draft", quantised))
                        .code())
                .isEqualTo(2);
    }

    @Test
    void aSlidingContextGoesOn() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Object[] plain = {
            "generate",
            "--model",
            model,
            "--prompt",
            "One day",
            "--temperature",
            0,
            "--ignore-eos",
            "--max-tokens",
            100,
            "--json",
            "--context",
            40
        };
        JsonNode slid =
                JSON.readTree(Cria.run(with(plain, "--overflow", "slide")).out());
        assertThat(slid.get("ids").size()).isEqualTo(100);
        assertThat(JSON.readTree(Cria.run(plain).out()).get("ids").size()).isLessThan(40);
        JsonNode drafted = JSON.readTree(
                Cria.run(with(plain, "--overflow", "slide", "--prompt-lookup")).out());
        assertThat(drafted.get("ids")).isEqualTo(slid.get("ids"));
        Cria.Result longer = Cria.run(
                "generate",
                "--model",
                model,
                "--prompt",
                "word ".repeat(600),
                "--overflow",
                "slide",
                "--max-tokens",
                3);
        assertThat(longer.err()).isEmpty();
        assertThat(Cria.run(with(plain, "--overflow", "slide", "--keep", 39)).err())
                .contains("kept");
    }

    @Test
    void aSavedPromptIsNotReadAgain(@TempDir Path folder) throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path state = folder.resolve("a.state");
        Path file = folder.resolve("prompt.txt");
        String text = "Once upon a time, there was a little girl named Lily. She loved to play outside in the park.";
        Files.writeString(file, text);
        Object[] greedy = {"generate", "--model", model, "--temperature", 0, "--max-tokens", 40, "--json"};
        String plain = Cria.run(with(greedy, "--prompt", text)).out();
        Cria.Result saved =
                Cria.run("generate", "--model", model, "--prompt-file", file, "--max-tokens", 0, "--save-state", state);
        assertThat(saved.err()).isEmpty();
        assertThat(saved.code()).isZero();
        for (Object[] more : new Object[][] {{"--prompt", text}, {}, {"--prompt", text, "--prompt-lookup"}}) {
            JsonNode again = JSON.readTree(
                    Cria.run(with(with(greedy, "--load-state", state), more)).out());
            assertThat(again.get("ids")).isEqualTo(JSON.readTree(plain).get("ids"));
        }
        String longer = text + " One day, she";
        assertThat(JSON.readTree(Cria.run(with(greedy, "--load-state", state, "--prompt", longer))
                                .out())
                        .get("ids"))
                .isEqualTo(
                        JSON.readTree(Cria.run(with(greedy, "--prompt", longer)).out())
                                .get("ids"));
        Cria.Result other = Cria.run(
                "generate",
                "--model",
                ReferenceData.require("golden/quant/stories260k-q8_0.gguf"),
                "--load-state",
                state);
        assertThat(other.code()).isEqualTo(2);
        assertThat(other.err()).contains("another model");
        Cria.Result cache = Cria.run(with(greedy, "--load-state", state, "--kv-cache", "f16"));
        assertThat(cache.err()).contains("cache of F32");
        assertThat(Cria.run(with(greedy, "--load-state", model.resolve("model.safetensors")))
                        .err())
                .contains("no saved prompt state");
    }

    private static Object[] with(Object[] arguments, Object... more) {
        return java.util.stream.Stream.concat(java.util.Arrays.stream(arguments), java.util.Arrays.stream(more))
                .toArray();
    }

    @Test
    void aPromptLongerThanTheContextIsRefused() {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Cria.Result result = Cria.run("generate", "--model", model, "--prompt", "word ".repeat(600));
        assertThat(result.code()).isEqualTo(2);
        assertThat(result.err()).contains("context").doesNotContain("\tat ");
        assertThat(Cria.run("generate", "--model", model).err()).contains("--prompt");
        assertThat(Cria.run("generate", "--model", model, "--prompt", "x", "--chat")
                        .err())
                .contains("chat template");
        assertThat(Cria.run("generate", "--model", "no/model", "--prompt", "x").err())
                .contains("no/model");
    }
}
