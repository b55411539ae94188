package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Text to tokenizer to shards to a model that writes, all by the command line. */
class PipelineTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private static Path shared;

    @TempDir
    private Path own;

    private static Path corpus;
    private static Path tokenizer;
    private static Path data;

    @BeforeAll
    static void prepare() throws IOException {
        corpus = TinyCorpus.write(shared.resolve("corpus"), 40);
        tokenizer = shared.resolve("tokenizer");
        data = shared.resolve("data");
        ok(Cria.run("tokenizer", "train", "--input", corpus, "--vocab-size", 320, "--output", tokenizer));
        ok(Cria.run(
                "data", "prepare", "--input", corpus, "--tokenizer", tokenizer, "--output", data, "--validation", 0.1));
    }

    private static Cria.Result ok(Cria.Result result) {
        assertThat(result.code()).as(result.err()).isZero();
        return result;
    }

    private static Cria.Result refused(Cria.Result result, String... parts) {
        assertThat(result.code()).as(result.err()).isEqualTo(2);
        assertThat(result.err()).contains("cria: ").contains(parts).doesNotContain("\tat ");
        assertThat(result.out()).isEmpty();
        return result;
    }

    private Path recipe(String... extra) throws IOException {
        String text = """
                model: {preset: tiny}
                tokenizer: %s
                data: [{path: %s}]
                training: {sequence_length: 32, micro_batch: 4, batch_sequences: 4, steps: 12, threads: 1}
                schedule: {peak: 1e-2, minimum: 1e-3, warmup_steps: 2}
                checkpoint: {directory: %s, every: 5}
                validation: {every: 6, tokens: 512}
                """.formatted(tokenizer, data, own.resolve("run"));
        return Files.writeString(own.resolve("recipe.yaml"), text + String.join("\n", extra));
    }

    @Test
    void whatWasPreparedIsThereAsTextAgain() throws IOException {
        JsonNode info = JSON.readTree(ok(Cria.run("info", "--json", data)).out());
        assertThat(info.get("kind").stringValue()).isEqualTo("dataset");
        long documents = info.get("splits").get("train").get("documents").longValue()
                + info.get("splits").get("validation").get("documents").longValue();
        assertThat(documents).isEqualTo(40);
        List<String> lines = ok(Cria.run("data", "inspect", data, "--json", "--documents", 50, "--verify"))
                .lines();
        List<String> texts = Files.list(corpus).map(PipelineTest::read).toList();
        assertThat(lines).hasSizeGreaterThan(20);
        for (String line : lines.subList(1, lines.size())) {
            String text = JSON.readTree(line).get("text").stringValue();
            assertThat(texts).contains(text.replaceAll("^<s> ?|</s>$", ""));
        }
        assertThat(ok(Cria.run("data", "inspect", data)).out())
                .contains("--- document 0: ")
                .contains("The ");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void trainsRefusesResumesAndBeginsAnew() throws IOException {
        Path recipe = recipe();
        assertThat(ok(Cria.run("pretrain", recipe, "--dry-run")).out())
                .contains("parameters")
                .contains("12 steps");
        assertThat(own.resolve("run")).doesNotExist();

        JsonNode first =
                JSON.readTree(ok(Cria.run("pretrain", recipe, "--json")).out());
        assertThat(first.get("complete").booleanValue()).isTrue();
        assertThat(first.get("steps").longValue()).isEqualTo(12);
        assertThat(first.get("bits_per_byte").doubleValue()).isBetween(0.1, 8.0);
        refused(Cria.run("pretrain", recipe), "already holds a run");
        JsonNode again = JSON.readTree(
                ok(Cria.run("pretrain", recipe, "--fresh", "--json")).out());
        assertThat(again.get("loss")).isEqualTo(first.get("loss"));
        ok(Cria.run("pretrain", recipe, "--resume"));

        Path run = own.resolve("run");
        assertThat(ok(Cria.run("info", run)).out()).contains("run: run").contains("steps: 12");
        assertThat(ok(Cria.run("generate", "--model", run, "--prompt", "The llama", "--max-tokens", 8, "--seed", 1))
                        .out())
                .isNotBlank();
        Files.delete(run.resolve("curves.svg"));
        ok(Cria.run("curves", run));
        assertThat(run.resolve("curves.svg")).isNotEmptyFile();
    }

    @Test
    void recipesWithMistakesAreRefused() throws IOException {
        refused(Cria.run("pretrain", recipe(), "--set", "training.sed=2"), "training.sed", "did you mean seed");
        refused(Cria.run("pretrain", recipe(), "--set", "schedule.peak=-1"), "schedule.peak");
        refused(Cria.run("pretrain", recipe(), "--set", "nonsense"), "nonsense");
        refused(Cria.run("pretrain", recipe("optimiser: {}")), "optimiser");
        refused(Cria.run("pretrain", recipe(), "--set", "data=[{path: no/such}]"), "no/such");
        refused(Cria.run("pretrain", recipe(), "--set", "tokenizer=no/such"), "no/such");
        refused(Cria.run("pretrain", own.resolve("none.yaml")), "none.yaml");
        refused(Cria.run("pretrain", recipe(), "--resume", "--fresh"), "mutually exclusive");
        refused(Cria.run("pretrain"), "RECIPE.yaml");
        refused(Cria.run("curves", own), own.toString());
    }

    @Test
    void textsWithMistakesAreRefused() throws IOException {
        Path empty = Files.writeString(own.resolve("empty.txt"), "");
        refused(
                Cria.run("tokenizer", "train", "--input", empty, "--vocab-size", 300, "--output", own.resolve("t")),
                "text");
        assertThat(own.resolve("t")).doesNotExist();
        refused(
                Cria.run("tokenizer", "train", "--input", corpus, "--vocab-size", 3, "--output", own.resolve("t")),
                "3");
        refused(
                Cria.run("tokenizer", "train", "--input", corpus, "--vocab-size", 300, "--output", tokenizer),
                "already",
                "--overwrite");
        refused(
                Cria.run(
                        "tokenizer",
                        "train",
                        "--input",
                        own.resolve("no"),
                        "--vocab-size",
                        300,
                        "--output",
                        own.resolve("t")),
                "no");
        refused(
                Cria.run("data", "prepare", "--input", empty, "--tokenizer", tokenizer, "--output", own.resolve("d")),
                "nothing to train on");
        refused(
                Cria.run("data", "prepare", "--input", corpus, "--tokenizer", tokenizer, "--output", data),
                "not empty");
        refused(
                Cria.run(
                        "data",
                        "prepare",
                        "--input",
                        corpus,
                        "--tokenizer",
                        tokenizer,
                        "--output",
                        own.resolve("d"),
                        "--separators",
                        "x"),
                "separators");
        refused(
                Cria.run(
                        "data",
                        "prepare",
                        "--input",
                        corpus,
                        "--tokenizer",
                        tokenizer,
                        "--output",
                        own.resolve("d"),
                        "--validation",
                        2),
                "validation");
        refused(Cria.run("data", "inspect", own), own.toString());
        refused(Cria.run("data", "inspect", data, "--split", "test"), "test");
        refused(Cria.run("data", "inspect", data, "--first", 1000), "--first is 1000");
    }

    @Test
    void aSmallFileIsEnoughAndDamageIsFound() throws IOException {
        Path small = Files.writeString(
                own.resolve("small.txt"),
                "A llama is a llama, whatever the weather is. ".repeat(5).substring(0, 200));
        Path output = own.resolve("d");
        ok(Cria.run("data", "prepare", "--input", small, "--tokenizer", tokenizer, "--output", output));
        ok(Cria.run("data", "inspect", output, "--verify"));
        try (Stream<Path> files = Files.list(output)) {
            Path shard = files.filter(file -> file.toString().contains("train"))
                    .findFirst()
                    .orElseThrow();
            byte[] bytes = Files.readAllBytes(shard);
            bytes[bytes.length / 2] ^= 1;
            Files.write(shard, bytes);
            refused(
                    Cria.run("data", "inspect", output, "--verify", "--documents", 0),
                    shard.getFileName().toString());
        }
    }
}
