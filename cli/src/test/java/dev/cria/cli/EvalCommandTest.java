package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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

class EvalCommandTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private Path directory;

    private Cria.Result eval(String tasks, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of(
                "eval",
                "--model",
                ReferenceData.require("golden/stories260k-hf"),
                "--tasks",
                tasks,
                "--data",
                ReferenceData.require("eval-data"),
                "--output",
                output()));
        arguments.addAll(List.of(more));
        return Cria.run(arguments.toArray());
    }

    private Path output() {
        return directory.resolve("scores.json");
    }

    private Path log() {
        return directory.resolve("scores.documents.jsonl");
    }

    private JsonNode scores() throws IOException {
        return JSON.readTree(Files.readString(output())).get("results");
    }

    private static void assertDone(Cria.Result result) {
        assertThat(result.code()).as(result.err()).isZero();
    }

    /** The first hundred documents of each task, which the harness scored as well. */
    @Test
    void theSevenTasksHaveTheHarnesssScores() throws IOException {
        JsonNode expected =
                JSON.readTree(Files.readString(ReferenceData.require("eval-golden/results/stories260k/summary.json")));
        Cria.Result result = eval("tinyllama_commonsense", "--limit", "100", "--threads", "2");
        assertDone(result);
        JsonNode scores = scores();
        for (String task :
                List.of("hellaswag", "openbookqa", "winogrande", "arc_easy", "arc_challenge", "boolq", "piqa")) {
            for (String metric : List.of("acc", "acc_norm")) {
                if (expected.get(task).has(metric)) {
                    assertThat(scores.get(task).get(metric + ",none").doubleValue())
                            .as(task + " " + metric)
                            .isCloseTo(expected.get(task).get(metric).doubleValue(), within(5e-5));
                }
            }
        }
        assertThat(result.out()).contains("hellaswag").contains("tinyllama_commonsense");
        assertThat(Files.readAllLines(log())).hasSize(701);
    }

    @Test
    void fewShotTasksHaveTheHarnesssScores() throws IOException {
        JsonNode expected =
                JSON.readTree(Files.readString(ReferenceData.require("eval-golden/results/stories260k/summary.json")));
        assertDone(eval("mmlu_anatomy,mmlu_philosophy", "--limit", "60"));
        for (String subject : List.of("anatomy", "philosophy")) {
            assertThat(scores().get("mmlu_" + subject).get("acc,none").doubleValue())
                    .isCloseTo(expected.get("mmlu/" + subject).get("acc").doubleValue(), within(5e-5));
        }
    }

    @Test
    void anInterruptedRunGoesOnAndAForeignLogIsRefused() throws IOException {
        assertDone(eval("arc_easy,boolq", "--limit", "20"));
        String scores = Files.readString(output());
        List<String> whole = Files.readAllLines(log());
        Files.writeString(log(), String.join("\n", whole.subList(0, 30)) + "\n{\"task\":\"arc_");
        Files.delete(output());
        Cria.Result resumed = eval("arc_easy,boolq", "--limit", "20");
        assertDone(resumed);
        assertThat(resumed.err()).contains("arc_easy: 20 documents were in the log already");
        assertThat(Files.readAllLines(log())).isEqualTo(whole);
        assertThat(JSON.readTree(Files.readString(output())).get("results"))
                .isEqualTo(JSON.readTree(scores).get("results"));
        Cria.Result foreign = eval("arc_easy,boolq", "--limit", "20", "--no-bos");
        assertThat(foreign.code()).isEqualTo(2);
        assertThat(foreign.err())
                .contains("with bos true, and this one has false")
                .contains("--fresh");
        assertDone(eval("arc_easy", "--limit", "5", "--no-bos", "--fresh"));
        assertThat(Files.readAllLines(log())).hasSize(6);
    }

    @Test
    void writesAPageAndAModelIndex() throws IOException {
        Path page = directory.resolve("scores.html");
        Path index = directory.resolve("index.yaml");
        assertDone(eval("piqa", "--limit", "5", "--html", page, "--model-index", index));
        assertThat(page).content().contains("piqa").doesNotContain("<script src");
        assertThat(index).content().contains("model-index").contains("stories260k-hf");
    }

    @Test
    void namesAllTasksWithoutAModel() {
        Cria.Result result = Cria.run("eval", "--list-tasks");
        assertDone(result);
        assertThat(result.lines()).contains("arc_easy", "humaneval").anyMatch(line -> line.startsWith("mmlu: "));
    }

    @Test
    void refusesWhatItCannotEvaluate() throws IOException {
        Cria.Result unknown = eval("arc_eazy");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("arc_eazy").contains("arc_easy");
        Cria.Result programs = eval("humaneval", "--limit", "1");
        assertThat(programs.code()).isEqualTo(2);
        assertThat(programs.err()).contains("--allow-code-execution");
        Cria.Result noModel = Cria.run(
                "eval",
                "--model",
                directory.resolve("none"),
                "--tasks",
                "piqa",
                "--data",
                ReferenceData.require("eval-data"),
                "--output",
                output());
        assertThat(noModel.code()).isEqualTo(2);
        Cria.Result noData = eval("piqa", "--data", directory.resolve("none"));
        assertThat(noData.code()).isEqualTo(2);
        assertThat(eval("", "--limit", "1").code()).isEqualTo(2);
        assertThat(eval("piqa", "--limit", "0").err()).contains("limit is 0");
        assertThat(output()).doesNotExist();
        try (var entries = Files.list(directory)) {
            assertThat(entries).isEmpty();
        }
    }
}
