package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.cuda.CudaDevice;
import dev.cria.cuda.GpuUnderTest;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.FarDevice;
import dev.cria.tensor.cpu.Precision;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Training on devices whose memory Java cannot touch, a GPU among them, with float32 and with bf16 activations. */
class OwnMemoryTrainingTest {
    @TempDir
    static Path shared;

    private static Path data;

    @BeforeAll
    static void writeData() throws Exception {
        data = SmallRun.data(shared);
    }

    /** What is trained on. */
    enum Place {
        FAR,
        GPU;

        Device open(DType activations) {
            return this == FAR
                    ? FarDevice.open(activations)
                    : CudaDevice.open(GpuUnderTest.options()
                            .withPrecision(activations == DType.F32 ? Precision.F32 : Precision.BF16));
        }
    }

    private static TrainingResult run(
            Place place, Recipe recipe, RunOptions options, TrainListener listener, DType activations) {
        return Trainer.run(recipe, options, listener, _ -> TrainingDevice.of(place.open(activations), place.name()));
    }

    private static TrainingResult run(Recipe recipe, RunOptions options, TrainListener listener, DType activations) {
        return Trainer.run(recipe, options, listener, _ -> TrainingDevice.of(FarDevice.open(activations), "far"));
    }

    private static List<Double> losses(Path run) throws Exception {
        return History.read(run.resolve("metrics.jsonl")).steps().stream()
                .map(StepMetrics::loss)
                .toList();
    }

    /** Float32 differs by the order of sums, 1e-6 of a loss, which twenty steps of a high rate let grow; bf16 by 2⁻⁹ of every number. */
    @ParameterizedTest
    @CsvSource({"FAR, F32", "FAR, BF16", "GPU, F32", "GPU, BF16"})
    void lossesAreTheCpus(Place place, DType activations, @TempDir Path folder) throws Exception {
        Trainer.run(SmallRun.recipe(data), SmallRun.options(folder.resolve("cpu")), new SmallRun.Told());
        SmallRun.Told told = new SmallRun.Told();
        run(place, SmallRun.recipe(data), SmallRun.options(folder.resolve("far")), told, activations);
        List<Double> near = losses(folder.resolve("cpu"));
        List<Double> far = losses(folder.resolve("far"));
        double tolerance = activations == DType.F32 ? 1e-4 : 1e-2;
        for (int i = 0; i < 20; i++) {
            assertThat(far.get(i)).as("step %d", i + 1).isCloseTo(near.get(i), within(tolerance * near.get(i)));
        }
        TrainingPlan plan = told.plans.getFirst();
        assertThat(plan.memory().rounded() > 0).isEqualTo(activations == DType.BF16);
        assertThat(String.join("\n", plan.render()).contains("their bf16 copy")).isEqualTo(activations == DType.BF16);
    }

    @ParameterizedTest
    @EnumSource(Place.class)
    void resumedNumbersAndFilesAreTheSameToTheLastBit(Place place, @TempDir Path folder) throws Exception {
        Path whole = folder.resolve("whole");
        Path cut = folder.resolve("cut");
        Path computedAgain = folder.resolve("again");
        run(place, SmallRun.recipe(data), SmallRun.options(whole), new SmallRun.Told(), DType.BF16);
        AtomicInteger steps = new AtomicInteger();
        run(
                place,
                SmallRun.recipe(data),
                SmallRun.options(cut).withStopRequested(() -> steps.incrementAndGet() == 7),
                new SmallRun.Told(),
                DType.BF16);
        run(place, SmallRun.recipe(data), SmallRun.resume(cut), new SmallRun.Told(), DType.BF16);
        run(
                place,
                SmallRun.recipe(data, "training.recompute=full"),
                SmallRun.options(computedAgain),
                new SmallRun.Told(),
                DType.BF16);
        for (Path other : List.of(cut, computedAgain)) {
            assertThat(SmallRun.numbers(other)).isEqualTo(SmallRun.numbers(whole));
            for (String file : List.of("model.safetensors", "optimizer.safetensors", "config.json")) {
                assertThat(other.resolve("checkpoints/step-00000020").resolve(file))
                        .hasSameBinaryContentAs(
                                whole.resolve("checkpoints/step-00000020").resolve(file));
            }
        }
    }

    /** A checkpoint is one format: what a GPU has saved, a CPU goes on from, and tells that rounding changed. */
    @Test
    void aCheckpointGoesFromDeviceToDevice(@TempDir Path folder) {
        AtomicInteger steps = new AtomicInteger();
        run(
                SmallRun.recipe(data),
                SmallRun.options(folder).withStopRequested(() -> steps.incrementAndGet() == 7),
                new SmallRun.Told(),
                DType.BF16);
        SmallRun.Told told = new SmallRun.Told();
        TrainingResult result = Trainer.run(SmallRun.recipe(data), SmallRun.resume(folder), told);
        assertThat(result.complete()).isTrue();
        assertThat(told.resumes).containsExactly(7L);
        assertThat(told.warnings).hasSize(1).first().asString().contains("training.precision was bf16 and is now f32");
    }

    /** Norm of the gradients, then the losses of three micro-batches, which lie ready; nothing else makes the host wait. */
    @Test
    void aStepWaitsOnceForItsNumbers(@TempDir Path folder) {
        FarDevice device = FarDevice.open(DType.BF16);
        List<Long> waits = new ArrayList<>();
        TrainListener counting = new TrainListener() {
            @Override
            public void onStep(StepMetrics metrics, Duration remaining) {
                waits.add(device.waits());
            }
        };
        Trainer.run(
                SmallRun.recipe(data, "checkpoint.every=0", "validation.every=0"),
                SmallRun.options(folder),
                counting,
                _ -> TrainingDevice.of(device, "far"));
        for (int i = 1; i < waits.size(); i++) {
            assertThat(waits.get(i) - waits.get(i - 1)).isEqualTo(4);
        }
    }

    @Test
    void adaptersLearnAndAreSavedAndMeasured(@TempDir Path folder) throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            lines.add(
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"Tell me of cat %d.\"}, {\"role\": \"assistant\", \"content\": \"Cat %d is happy.\"}]}"
                            .formatted(i, i));
        }
        Path chats = Files.write(folder.resolve("chats.jsonl"), lines);
        String yaml = """
                model: {from: '%s'}
                data: [{path: '%s'}]
                chat: {template: zephyr, validation_fraction: 0.1, samples: 1, neftune_alpha: 5}
                lora: {rank: 8, alpha: 16, dropout: 0.1, base: %s}
                training: {threads: 1, sequence_length: 192, micro_batch: 2, batch_sequences: 3, seed: 5, steps: 12}
                optimizer: {weight_decay: 0}
                schedule: {peak: 1e-2, minimum: 0, warmup_ratio: 0.1}
                checkpoint: {every: 6}
                validation: {every: 6, tokens: 2000}
                """;
        for (String base : List.of("bf16", "f32")) {
            Recipe recipe = Recipe.parse(
                    yaml.formatted(ReferenceData.require("golden/stories260k-hf"), chats, base),
                    "lora.yaml",
                    List.of("checkpoint.directory=" + folder.resolve(base)));
            TrainingResult result =
                    run(recipe, SmallRun.options(folder.resolve(base)), new SmallRun.Told(), DType.BF16);
            List<Double> held = History.read(folder.resolve(base).resolve("metrics.jsonl")).validations().stream()
                    .map(v -> v.loss())
                    .toList();
            assertThat(held.getLast()).isLessThan(held.getFirst());
            assertThat(result.checkpoint().orElseThrow().resolve("adapter_model.safetensors"))
                    .exists();
        }
    }

    @Test
    void pairsAlign(@TempDir Path folder) throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            lines.add(
                    "{\"prompt\": \"Tell me of cat number %d.\", \"chosen\": \"Cat %d is happy.\", \"rejected\": \"Cat %d is sad.\"}"
                            .formatted(i, i, i));
        }
        Path pairs = Files.write(folder.resolve("pairs.jsonl"), lines);
        Recipe recipe = Recipe.parse(
                """
                model: {from: '%s'}
                data: [{path: '%s'}]
                chat: {template: zephyr, epochs: 2, validation_fraction: 0.15, samples: 0}
                align: {beta: 0.1}
                training: {threads: 1, sequence_length: 96, micro_batch: 2, batch_pairs: 8, seed: 5}
                optimizer: {weight_decay: 0}
                schedule: {peak: 4e-4, minimum: 0, warmup_ratio: 0.1}
                checkpoint: {every: 0}
                validation: {every: 0}
                """.formatted(ReferenceData.require("golden/stories260k-hf"), pairs), "dpo.yaml", List.of());
        run(recipe, SmallRun.options(folder.resolve("run")), new SmallRun.Told(), DType.BF16);
        List<Double> losses = losses(folder.resolve("run"));
        assertThat(losses.getFirst()).as("model and reference are the same").isCloseTo(Math.log(2), within(1e-6));
        assertThat(losses.getLast()).isLessThan(losses.getFirst());
    }

    @Test
    void evaluatorsSeeTheModelAsItLearns(@TempDir Path folder) {
        List<Integer> seen = new ArrayList<>();
        TaskEvaluator probe = new TaskEvaluator() {
            @Override
            public String description() {
                return "a task";
            }

            @Override
            public Optional<List<dev.cria.train.metrics.EvaluationMetrics.Score>> measure(
                    dev.cria.model.LlamaModel model, java.util.function.BooleanSupplier stopRequested) {
                try (var session = model.newSession(8)) {
                    float[] logits = new float[model.config().vocabSize()];
                    session.forwardLast(new int[] {1, 2, 3}, logits);
                    seen.add(logits.length);
                }
                return Optional.of(List.of(new dev.cria.train.metrics.EvaluationMetrics.Score(
                        "a task/acc", 0, java.util.OptionalDouble.empty(), true)));
            }
        };
        RunOptions options = SmallRun.options(folder).withEvaluators((asked, config, tokenizer) -> probe);
        Recipe recipe = SmallRun.recipe(data, "training.steps=4", "eval={tasks: [a task], every: 2}");
        run(recipe, options, new SmallRun.Told(), DType.BF16);
        assertThat(seen).hasSize(2);
    }
}
