package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.train.metrics.EvaluationMetrics;
import dev.cria.train.metrics.EvaluationMetrics.Score;
import dev.cria.train.metrics.History;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A recipe with {@code eval:}, by the command line, over rows written for the purpose. */
class TrainingTasksTest {
    @TempDir
    private static Path shared;

    @TempDir
    private Path own;

    private static Path tokenizer;
    private static Path data;
    private static Path rows;

    @BeforeAll
    static void prepare() throws IOException {
        Path corpus = TinyCorpus.write(shared.resolve("corpus"), 40);
        tokenizer = shared.resolve("tokenizer");
        data = shared.resolve("data");
        rows = Files.createDirectory(shared.resolve("rows"));
        ok(Cria.run("tokenizer", "train", "--input", corpus, "--vocab-size", 320, "--output", tokenizer));
        ok(Cria.run(
                "data", "prepare", "--input", corpus, "--tokenizer", tokenizer, "--output", data, "--validation", 0.1));
        StringBuilder piqa = new StringBuilder();
        StringBuilder arc = new StringBuilder();
        for (int i = 0; i < 6; i++) {
            piqa.append("{\"goal\": \"climb %d\", \"sol1\": \"go up\", \"sol2\": \"go down now\", \"label\": %d}\n"
                    .formatted(i, i % 2));
            arc.append(("{\"question\": \"what is %d?\", \"choices\": {\"text\": [\"a llama\", \"hay\", \"no\"], "
                            + "\"label\": [\"A\", \"B\", \"C\"]}, \"answerKey\": \"B\"}\n")
                    .formatted(i));
        }
        Files.writeString(rows.resolve("piqa.jsonl"), piqa);
        Files.writeString(rows.resolve("arc_easy.jsonl"), arc);
    }

    private static Cria.Result ok(Cria.Result result) {
        assertThat(result.code()).as(result.err()).isZero();
        return result;
    }

    private Path recipe(String eval) throws IOException {
        String text = """
                model: {preset: tiny}
                tokenizer: %s
                data: [{path: %s}]
                training: {sequence_length: 32, micro_batch: 4, batch_sequences: 4, steps: 8, threads: 1}
                schedule: {peak: 1e-2, minimum: 1e-3, warmup_steps: 2}
                checkpoint: {directory: %s, every: 4}
                validation: {every: 4, tokens: 512}
                """.formatted(tokenizer, data, own.resolve("run"));
        return Files.writeString(own.resolve("recipe.yaml"), text + eval);
    }

    private String eval(String tasks, String more) {
        return "eval: {tasks: [%s], data: %s%s}\n".formatted(tasks, rows, more);
    }

    @Test
    void scoresLandBesideTheLosses() throws IOException {
        Path recipe = recipe(eval("piqa, arc_easy", ", every: 4, steps: [2], limit: 5"));
        assertThat(ok(Cria.run("pretrain", recipe, "--dry-run")).out())
                .contains("evaluation    piqa, arc_easy: 10 documents, after step 2, every 4 steps and at the end");
        Cria.Result result = ok(Cria.run("pretrain", recipe, "--json"));
        assertThat(result.err()).contains("step 2: piqa/acc_norm ").contains("step 8: piqa/acc_norm ");
        JsonNode json = JsonMapper.shared().readTree(result.out());
        Path run = own.resolve("run");
        History history = History.read(run.resolve("metrics.jsonl"));
        assertThat(history.evaluations()).extracting(EvaluationMetrics::step).containsExactly(2L, 4L, 8L);
        List<Score> last = history.evaluations().getLast().scores();
        assertThat(last)
                .extracting(Score::name)
                .containsExactly("piqa/acc", "piqa/acc_norm", "arc_easy/acc", "arc_easy/acc_norm");
        assertThat(last).extracting(Score::main).containsExactly(false, true, false, true);
        assertThat(json.get("scores").get("arc_easy/acc").doubleValue())
                .isEqualTo(last.get(2).value());
        assertThat(run.resolve("curves.svg")).content().contains("scores", "arc_easy/acc_norm");

        Path plain = own.resolve("plain");
        ok(Cria.run("pretrain", recipe(""), "--output", plain));
        assertThat(run.resolve("checkpoints/step-00000008/model.safetensors"))
                .hasSameBinaryContentAs(plain.resolve("checkpoints/step-00000008/model.safetensors"));
        assertThat(History.read(plain.resolve("metrics.jsonl"))
                        .steps()
                        .getLast()
                        .loss())
                .isEqualTo(history.steps().getLast().loss());
    }

    @Test
    void whatCannotBeRunIsRefusedBeforeStepZero() throws IOException {
        refused(recipe(eval("piqa, arc_esy", "")), "arc_esy");
        refused(recipe(eval("boolq", "")), "has no validation rows of boolq");
        refused(recipe("eval: {tasks: [piqa], data: no/such}\n"), "no/such does not exist");
        refused(recipe(eval("humaneval", "")), "runs programs");
        refused(recipe(eval("piqa", ", definitions: gone.yaml")), "gone.yaml");
        refused(recipe("eval: {data: x}\n"), "eval.tasks is missing");
        refused(recipe(eval("mine", ", definitions: " + longAnswers())), "document 1 has a choice of ");
        Path damaged = Files.createDirectory(own.resolve("damaged"));
        Files.writeString(
                damaged.resolve("piqa.jsonl"), "{\"goal\": \"x\", \"sol1\": \"a\", \"sol2\": \"b\", \"label\": 2}\n");
        refused(recipe("eval: {tasks: [piqa], data: %s}\n".formatted(damaged)), "piqa.jsonl");
    }

    /** A task whose second row has a choice that no context of this model holds. */
    private Path longAnswers() throws IOException {
        Files.writeString(
                rows.resolve("mine.jsonl"),
                "{\"q\": \"a\", \"c\": [\"b\", \"c\"], \"g\": 0}\n{\"q\": \"a\", \"c\": [\"b\", \"%s\"], \"g\": 0}\n"
                        .formatted("xyz ".repeat(200)));
        return Files.writeString(own.resolve("mine.yaml"), """
                task:
                  name: mine
                  version: 1
                  kind: multiple_choice
                  data: {hub: some/data, files: mine, split: test}
                  fields: {q: text, c: texts, g: whole}
                  prompt: "{{q}}"
                  choices: c
                  gold: {index: g}
                  metrics: [acc]
                """);
    }

    private void refused(Path recipe, String part) {
        for (String dry : new String[] {"--dry-run", "--json"}) {
            Cria.Result result = Cria.run("pretrain", recipe, dry);
            assertThat(result.code()).as(result.err()).isEqualTo(2);
            assertThat(result.err()).contains("cria: ").contains(part).doesNotContain("\tat ");
            assertThat(own.resolve("run")).doesNotExist();
        }
    }
}
