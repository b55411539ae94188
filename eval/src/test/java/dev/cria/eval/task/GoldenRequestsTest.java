package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every request of the reference harness, character for character. */
class GoldenRequestsTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final TaskRegistry REGISTRY = TaskRegistry.builtIn();

    @TempDir
    Path folder;

    static List<JsonNode> golden(String name) throws IOException {
        List<JsonNode> lines = new ArrayList<>();
        for (String line : Files.readString(ReferenceData.require("eval-golden/" + name + ".jsonl"))
                .split("\n")) {
            lines.add(JSON.readTree(line));
        }
        assertThat(lines).isNotEmpty();
        return lines;
    }

    private static TaskData data() {
        return TaskData.in(ReferenceData.require("eval-data"));
    }

    static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(item -> texts.add(item.asString()));
        return texts;
    }

    private static int[] numbers(JsonNode array) {
        int[] numbers = new int[array.size()];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = array.get(i).asInt();
        }
        return numbers;
    }

    private static void choices(String task, String golden) throws IOException {
        List<JsonNode> expected = golden(golden);
        Task found = REGISTRY.find(task);
        List<Request> requests = found.requests(data(), found.shots(), OptionalInt.of(expected.size()));
        assertThat(requests).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            JsonNode line = expected.get(i);
            MultipleChoiceRequest request = (MultipleChoiceRequest) requests.get(i);
            List<String> continuations = texts(line.get("continuations"));
            List<String> contexts = new ArrayList<>();
            for (int c = 0; c < continuations.size(); c++) {
                contexts.add(
                        line.has("contexts")
                                ? line.get("contexts").get(c).asString()
                                : line.get("context").asString());
            }
            assertThat(request.doc()).isEqualTo(line.get("doc").asInt());
            assertThat(request.contexts()).isEqualTo(contexts);
            assertThat(request.continuations()).isEqualTo(continuations);
            assertThat(request.gold()).isEqualTo(line.get("gold").asInt());
            assertThat(request.choiceLengths()).isEqualTo(numbers(line.get("choice_lengths")));
            assertThat(request.choiceBytes()).isEqualTo(numbers(line.get("choice_bytes")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"hellaswag", "openbookqa", "winogrande", "arc_easy", "arc_challenge", "boolq", "piqa"})
    void commonsense(String task) throws IOException {
        choices(task, task);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "abstract_algebra",
                "anatomy",
                "computer_security",
                "high_school_geography",
                "high_school_us_history",
                "philosophy"
            })
    void mmlu(String subject) throws IOException {
        choices("mmlu_" + subject, "mmlu/" + subject);
        instructEval("instruct_eval_mmlu_" + subject, "mmlu/" + subject);
    }

    private static void generation(Task task, TaskData data, int shots, List<JsonNode> expected) {
        List<Request> requests = task.requests(data, shots, OptionalInt.of(expected.size()));
        assertThat(requests).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            JsonNode line = expected.get(i);
            GenerationRequest request = (GenerationRequest) requests.get(i);
            assertThat(request.doc()).isEqualTo(line.get("doc").asInt());
            assertThat(request.context()).isEqualTo(line.get("context").asString());
            assertThat(request.until()).isEqualTo(texts(line.get("until")));
            assertThat(request.maxTokens())
                    .isEqualTo(
                            line.get("max_gen_toks").isNull()
                                    ? 256
                                    : line.get("max_gen_toks").asInt());
            assertThat(request.temperature()).isZero();
            switch (request.gold()) {
                case Gold.Text text ->
                    assertThat(text.text()).isEqualTo(line.get("gold").asString());
                case Gold.Program program ->
                    assertThat(program.test()).isEqualTo(line.get("gold").asString());
                case Gold.Answers answers -> {
                    List<List<String>> accepted = new ArrayList<>();
                    line.get("answers").forEach(answer -> accepted.add(texts(answer)));
                    assertThat(answers.answers()).isEqualTo(accepted);
                }
            }
        }
    }

    /** The examples of BBH stand in the harness's own task files; here they are taken back out of its prompts. */
    @ParameterizedTest
    @ValueSource(strings = {"boolean_expressions", "date_understanding", "navigate", "word_sorting"})
    void bbh(String name) throws IOException {
        for (String kind : List.of("bbh_fewshot", "bbh_cot_fewshot")) {
            List<JsonNode> expected = golden(kind + "/" + name);
            String answer = kind.equals("bbh_fewshot") ? "\nA: " : "\nA: Let's think step by step.\n";
            String[] parts = expected.getFirst().get("context").asString().split("\n\nQ: ");
            StringBuilder examples = new StringBuilder();
            for (String part : List.of(parts).subList(1, 4)) {
                int at = part.indexOf(answer);
                examples.append(JSON.writeValueAsString(
                                Map.of("input", part.substring(0, at), "target", part.substring(at + answer.length()))))
                        .append('\n');
            }
            Path own = Files.createDirectories(folder.resolve("bbh"));
            Files.writeString(own.resolve(name + "." + kind.substring(4) + ".jsonl"), examples);
            TaskData data = TaskData.in(List.of(folder, ReferenceData.require("eval-data")));
            generation(REGISTRY.find(kind + "_" + name), data, 3, expected);
        }
        instructEval("instruct_eval_bbh_" + name, "bbh/" + name);
    }

    @ParameterizedTest
    @CsvSource({"drop,dev,0", "drop,dev,3", "drop_contrast,contrast,0", "drop_contrast,contrast,3"})
    void drop(String task, String part, int shots) throws IOException {
        List<JsonNode> expected = golden("drop/" + part + "_" + shots + "shot");
        generation(REGISTRY.find(task), data(), shots, expected);
        if (shots == 0) {
            return;
        }
        List<Integer> rows = new ArrayList<>();
        for (JsonNode line : expected) {
            line.get("fewshot_rows").forEach(row -> rows.add(row.asInt()));
        }
        assertThat(rows).hasSize(shots * expected.size());
        PythonRandom random = new PythonRandom(1234);
        List<Integer> drawn = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            drawn.addAll(random.sample(16, shots + 1).subList(0, shots));
        }
        assertThat(drawn).isEqualTo(rows);
    }

    @ParameterizedTest
    @CsvSource({"instruct_eval_drop,dev", "instruct_eval_drop_contrast,contrast"})
    void instructEvalDrop(String task, String part) throws IOException {
        instructEval(task, "drop/" + part);
    }

    @Test
    void humanEval() throws IOException {
        generation(REGISTRY.find("humaneval"), data(), 0, golden("humaneval"));
        instructEval("instruct_eval_humaneval", "humaneval");
        assertThat(REGISTRY.find("instruct_eval_humaneval").kind()).isEqualTo(TaskKind.PROGRAM);
    }

    private static void instructEval(String task, String golden) throws IOException {
        List<JsonNode> expected = golden("instruct_eval/" + golden);
        Task found = REGISTRY.find(task);
        List<Request> all = found.requests(data(), found.shots(), OptionalInt.empty());
        assertThat(all).hasSizeGreaterThanOrEqualTo(expected.size());
        for (int i = 0; i < expected.size(); i++) {
            JsonNode line = expected.get(i);
            GenerationRequest request = (GenerationRequest) all.get(i);
            assertThat(request.doc()).isEqualTo(line.get("doc").asInt());
            assertThat(request.context()).isEqualTo(line.get("prompt").asString());
            if (request.gold() instanceof Gold.Text text) {
                assertThat(text.text()).isEqualTo(line.get("label").asString());
            }
        }
    }

    @Test
    void instructEvalMendsPrograms() throws IOException {
        Task task = REGISTRY.find("instruct_eval_humaneval");
        GenerationRequest request =
                (GenerationRequest) task.requests(data(), 0, OptionalInt.of(1)).getFirst();
        String prompt = ((Gold.Program) request.gold()).prompt();
        for (JsonNode line : golden("instruct_eval/humaneval_postprocess")) {
            assertThat(TextFilter.evenIndents(line.get("raw").asString()))
                    .isEqualTo(line.get("fix_indents").asString());
            assertThat(task.filtered(request, line.get("raw").asString()))
                    .isEqualTo(prompt + line.get("completion").asString());
        }
        assertThat(REGISTRY.find("humaneval").filtered(request, "   return 1")).isEqualTo(prompt + "   return 1");
    }
}
