package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.cuda.EmulatedCuda;
import dev.cria.cuda.GpuUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Everything with {@code --device cuda}, by the command line in processes of its own, on a GPU or the emulated one. */
@Tag("slow")
class CudaPipelineTest {
    private static final JsonMapper JSON = JsonMapper.shared();

    @TempDir
    private static Path shared;

    private static Path data;
    private static Map<String, String> environment;

    @BeforeAll
    static void prepare() throws Exception {
        environment = environment();
        Path corpus = TinyCorpus.write(shared.resolve("corpus"), 40);
        Path tokenizer = shared.resolve("tokenizer");
        data = shared.resolve("data");
        ok(Cria.run("tokenizer", "train", "--input", corpus, "--vocab-size", 320, "--output", tokenizer));
        ok(Cria.run(
                "data", "prepare", "--input", corpus, "--tokenizer", tokenizer, "--output", data, "--validation", 0.1));
        ok(process("pretrain", recipe("whole"), "--device", "cuda"));
    }

    private static Map<String, String> environment() {
        if (GpuUnderTest.isReal()) {
            return Map.of();
        }
        Path libraries = EmulatedCuda.libraries()
                .orElseGet(() -> Assumptions.abort("no GPU, and no g++ to build the emulated one with"));
        return Map.of(
                "CRIA_CUDA_LIBRARIES",
                libraries.toString(),
                "CRIA_CACHE",
                libraries.resolve("cache").toString());
    }

    private static Cria.Result ok(Cria.Result result) {
        assertThat(result.code()).as(result.err()).isZero();
        return result;
    }

    private static Cria.Result process(Object... words) throws IOException, InterruptedException {
        return new CriaProcess(Files.createTempDirectory(shared, "process"), environment).run(words);
    }

    private static Path recipe(String run) throws IOException {
        return Files.writeString(
                shared.resolve(run + ".yaml"), """
                model: {preset: tiny}
                tokenizer: %s
                data: [{path: %s}]
                training: {sequence_length: 32, micro_batch: 2, batch_sequences: 4, steps: 12}
                schedule: {peak: 1e-2, minimum: 1e-3, warmup_steps: 2}
                checkpoint: {directory: %s, every: 3}
                validation: {every: 6, tokens: 512}
                """.formatted(shared.resolve("tokenizer"), data, shared.resolve(run)));
    }

    /** Step, loss and norm of each step as they were logged. */
    private static List<String> numbers(String run) throws IOException {
        List<String> numbers = new ArrayList<>();
        for (String line : Files.readAllLines(shared.resolve(run).resolve("metrics.jsonl"))) {
            JsonNode json = JSON.readTree(line);
            if (json.has("grad_norm")) {
                numbers.add(json.get("step") + " " + json.get("loss") + " " + json.get("grad_norm"));
            }
        }
        return numbers;
    }

    @Test
    void aKilledRunGoesOnToTheSameWeights() throws Exception {
        Path recipe = recipe("killed");
        Path folder = Files.createTempDirectory(shared, "killed");
        Process process = new CriaProcess(folder, environment).start("pretrain", recipe, "--device", "cuda");
        Path latest = shared.resolve("killed/checkpoints/latest");
        long begin = System.nanoTime();
        while (!Files.exists(latest) && process.isAlive() && System.nanoTime() - begin < 60e9) {
            Thread.sleep(5);
        }
        process.destroyForcibly();
        assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(shared.resolve("killed/checkpoints/step-00000012")).doesNotExist();
        ok(process("pretrain", recipe, "--device", "cuda", "--resume"));
        assertThat(numbers("killed")).hasSize(12).isEqualTo(numbers("whole"));
        for (String file : List.of("model.safetensors", "optimizer.safetensors")) {
            assertThat(shared.resolve("killed/checkpoints/step-00000012").resolve(file))
                    .hasSameBinaryContentAs(
                            shared.resolve("whole/checkpoints/step-00000012").resolve(file));
        }
    }

    @Test
    void thePlanTellsTheMemoryOfTheGpu() throws Exception {
        String plan = ok(process(
                        "pretrain",
                        recipe("planned"),
                        "--device",
                        "cuda",
                        "--dry-run",
                        "--set",
                        "training.micro_batch=auto"))
                .out();
        assertThat(plan).contains("bf16 products and activations").contains("their bf16 copy");
    }

    @Test
    void theModelWritesAndScoresAsOnTheCpu() throws Exception {
        Path run = shared.resolve("whole");
        Object[] generate = {"generate", "--model", run, "--prompt", "The llama", "--max-tokens", 12, "--temperature", 0
        };
        Cria.Result here = ok(Cria.run(generate));
        Cria.Result there = ok(process(with(generate, "--device", "cuda")));
        assertThat(there.out()).isEqualTo(here.out()).isNotBlank();

        Path lines = Files.writeString(shared.resolve("lines.jsonl"), """
                {"context": "The llama", "continuation": " is a"}
                {"context": "The llama", "continuation": " sleeps in the"}
                {"context": "A cat", "continuation": " is"}
                """);
        Object[] score = {"score", "--model", run, "--input", lines, "--output"};
        ok(Cria.run(with(score, shared.resolve("near.jsonl"))));
        ok(process(with(score, shared.resolve("far.jsonl"), "--device", "cuda")));
        List<String> near = Files.readAllLines(shared.resolve("near.jsonl"));
        List<String> far = Files.readAllLines(shared.resolve("far.jsonl"));
        assertThat(far).hasSize(3);
        for (int i = 0; i < 3; i++) {
            JsonNode expected = JSON.readTree(near.get(i));
            JsonNode actual = JSON.readTree(far.get(i));
            assertThat(actual.get("logprob").doubleValue())
                    .isCloseTo(expected.get("logprob").doubleValue(), within(1e-3));
            assertThat(actual.get("greedy")).isEqualTo(expected.get("greedy"));
        }
    }

    @Test
    void trainingIsTimed() throws Exception {
        Cria.Result result = ok(process(
                "bench",
                "--train",
                "--config",
                "tiny",
                "--micro-batch",
                1,
                "--sequence",
                16,
                "--steps",
                2,
                "--device",
                "cuda",
                "--recompute",
                "full",
                "--json"));
        JsonNode sample = JSON.readTree(result.lines().getLast());
        assertThat(sample.get("mode").stringValue()).isEqualTo("bf16");
        assertThat(sample.get("device").stringValue()).isEqualTo("cuda");
        assertThat(sample.get("recompute").stringValue()).isEqualTo("full");
        assertThat(sample.get("train").doubleValue()).isPositive();
    }

    private static Object[] with(Object[] words, Object... more) {
        List<Object> all = new ArrayList<>(List.of(words));
        all.addAll(List.of(more));
        return all.toArray();
    }
}
