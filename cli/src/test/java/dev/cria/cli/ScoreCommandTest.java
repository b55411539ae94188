package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class ScoreCommandTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private Path directory;

    /** The first documents of a task, scored as lm-evaluation-harness scored them. */
    @ParameterizedTest
    @CsvSource({"arc_easy, stories260k, true", "piqa, stories260k-nobos, false", "winogrande, stories260k, true"})
    void agreesWithTheHarness(String task, String results, boolean bos) throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        List<JsonNode> requests = Files.readAllLines(ReferenceData.require("eval-golden/" + task + ".jsonl")).stream()
                .map(JSON::readTree)
                .toList();
        JsonNode golden =
                JSON.readTree(ReferenceData.require("eval-golden/results/" + results + "/" + task + ".results.json"));
        List<ObjectNode> lines = new ArrayList<>();
        List<JsonNode> expected = new ArrayList<>();
        for (int d = 0; d < 8; d++) {
            JsonNode document = golden.get("per_doc").get(d);
            JsonNode request = requests.get(document.get("doc").intValue());
            for (int c = 0; c < request.get("continuations").size(); c++) {
                String context = request.has("contexts")
                        ? request.get("contexts").get(c).stringValue()
                        : request.get("context").stringValue();
                lines.add(JSON.createObjectNode()
                        .put("context", context)
                        .put("continuation", request.get("continuations").get(c).stringValue()));
                expected.add(document.get("choices").get(c));
            }
        }
        List<JsonNode> scored = score(model, lines, bos);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(scored.get(i).get("logprob").doubleValue())
                    .as("line %d", i)
                    .isCloseTo(expected.get(i).get("loglikelihood").doubleValue(), within(1e-3));
            assertThat(scored.get(i).get("greedy")).isEqualTo(expected.get(i).get("is_greedy"));
            assertThat(scored.get(i).get("tokens").intValue())
                    .isEqualTo(expected.get(i).get("continuation_ids").size());
        }
    }

    private List<JsonNode> score(Path model, List<ObjectNode> lines, boolean bos) throws IOException {
        Path input = directory.resolve("in.jsonl");
        Path output = directory.resolve("out.jsonl");
        Files.write(input, lines.stream().map(JsonNode::toString).toList());
        List<Object> arguments =
                new ArrayList<>(List.of("score", "--model", model, "--input", input, "--output", output));
        if (!bos) {
            arguments.add("--no-bos");
        }
        Cria.Result result = Cria.run(arguments.toArray());
        assertThat(result.code()).as(result.err()).isZero();
        assertThat(result.out()).isEmpty();
        return Files.readAllLines(output).stream().map(JSON::readTree).toList();
    }

    @Test
    void keepsWhatTheLineHeldAndTakesAnEmptyContext() throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        JsonNode scored = score(
                        model,
                        List.of(JSON.createObjectNode()
                                .put("id", 7)
                                .put("context", "")
                                .put("continuation", "Once upon a time")),
                        true)
                .getFirst();
        assertThat(scored.get("id").intValue()).isEqualTo(7);
        assertThat(scored.get("greedy").booleanValue()).isTrue();
        assertThat(scored.get("logprob").doubleValue()).isBetween(-3.0, 0.0);
    }

    @Test
    void refusesBadLinesAndLeavesNothingBehind() throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path input = directory.resolve("in.jsonl");
        Path output = directory.resolve("out.jsonl");
        for (String bad : List.of("{\"context\": \"a\"}", "[]", "{", "{\"context\": \"a\", \"continuation\": \"\"}")) {
            Files.writeString(input, "{\"context\": \"a\", \"continuation\": \" b\"}\n" + bad + "\n");
            Cria.Result result = Cria.run("score", "--model", model, "--input", input, "--output", output);
            assertThat(result.code()).isEqualTo(2);
            assertThat(result.err()).contains("cria: " + input + " line 2: ");
            assertThat(output).doesNotExist();
            try (var entries = Files.list(directory)) {
                assertThat(entries).containsExactly(input);
            }
        }
        assertThat(Cria.run("score", "--model", model, "--input", directory.resolve("none"), "--output", output)
                        .code())
                .isEqualTo(2);
        assertThat(Cria.run("score", "--model", model, "--input", input, "--output", "no/such/out")
                        .err())
                .contains("folder of no/such/out");
    }

    /** Pairs that share beginnings, more than are scored at a time. */
    private static List<String> manyLines(int count) {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lines.add(JSON.createObjectNode()
                    .put("n", i)
                    .put("context", "Once upon a time, number " + i / 4)
                    .put(
                            "continuation",
                            List.of(" there", " a", " was not", " x").get(i % 4))
                    .toString());
        }
        return lines;
    }

    private Path scored(Path model, Path input, Object... more) {
        Path output = directory.resolve("out.jsonl");
        List<Object> arguments =
                new ArrayList<>(List.of("score", "--model", model, "--input", input, "--output", output));
        arguments.addAll(List.of(more));
        Cria.Result result = Cria.run(arguments.toArray());
        assertThat(result.code()).as(result.err()).isZero();
        return output;
    }

    /** A kill may come at any byte of the file that grows; what is left of a line is no line. */
    @Test
    void goesOnAfterAKillToTheSameBytes() throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path input = Files.write(directory.resolve("in.jsonl"), manyLines(300));
        byte[] whole = Files.readAllBytes(scored(model, input, "--threads", "1"));
        Path output = directory.resolve("out.jsonl");
        Path partial = directory.resolve("out.jsonl.partial");
        // What a run had begun with: refused input ends it after the first lines were written.
        List<String> damaged = manyLines(5000);
        damaged.set(4500, "{");
        Path broken = Files.write(directory.resolve("broken.jsonl"), damaged);
        Files.delete(output);
        Cria.Result refused = Cria.run("score", "--model", model, "--input", broken, "--output", output);
        assertThat(refused.code()).isEqualTo(2);
        assertThat(refused.err()).contains("line 4501");
        assertThat(output).doesNotExist();
        List<String> kept = Files.readAllLines(partial);
        assertThat(kept).hasSize(4096);
        Path settings = directory.resolve("out.jsonl.partial.settings");
        String made = Files.readString(settings);
        for (int cut : new int[] {0, 1, whole.length / 2, whole.length / 2 + 7, whole.length - 1, whole.length}) {
            Files.write(partial, Arrays.copyOf(whole, cut));
            Files.writeString(settings, made);
            assertThat(Files.readAllBytes(scored(model, input, "--threads", "2")))
                    .isEqualTo(whole);
            assertThat(partial).doesNotExist();
            assertThat(settings).doesNotExist();
        }
    }

    @Test
    void refusesToGoOnFromAnotherInputOrModel() throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path output = directory.resolve("out.jsonl");
        List<String> damaged = manyLines(4200);
        damaged.set(4150, "[]");
        Path broken = Files.write(directory.resolve("broken.jsonl"), damaged);
        assertThat(Cria.run("score", "--model", model, "--input", broken, "--output", output)
                        .code())
                .isEqualTo(2);
        Path other =
                Files.write(directory.resolve("in.jsonl"), List.of("{\"context\": \"a\", \"continuation\": \" b\"}"));
        Cria.Result foreign = Cria.run("score", "--model", model, "--input", other, "--output", output);
        assertThat(foreign.code()).isEqualTo(2);
        assertThat(foreign.err())
                .contains("out.jsonl.partial is what an interrupted run has left, and it is of another input")
                .contains("--fresh");
        Cria.Result options = Cria.run("score", "--model", model, "--input", broken, "--output", output, "--no-bos");
        assertThat(options.code()).isEqualTo(2);
        assertThat(options.err()).contains("of another model or other options");
        assertThat(Files.readAllLines(scored(model, other, "--fresh"))).hasSize(1);
    }

    @Test
    void anEmptyInputGivesAnEmptyOutput() throws IOException {
        Path model = ReferenceData.require("golden/stories260k-hf");
        Path input = Files.write(directory.resolve("in.jsonl"), new byte[0]);
        assertThat(scored(model, input)).isEmptyFile();
    }
}
