package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.adapter.AdaptedModels;
import dev.cria.model.adapter.Adapter;
import dev.cria.model.adapter.AdapterConfig;
import dev.cria.model.adapter.AdapterWeights;
import dev.cria.model.hub.HubCache;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.metrics.EvaluationMetrics.Score;
import dev.cria.train.metrics.History;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** LoRA on a 260,000-parameter model through the loop that trains everything. */
class LoraTrainingTest {
    @TempDir
    Path folder;

    private Path chats;

    @BeforeEach
    void writeConversations() throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            lines.add(
                    "{\"messages\": [{\"role\": \"user\", \"content\": \"Tell me of cat %d.\"}, {\"role\": \"assistant\", \"content\": \"Cat %d is happy.\"}]}"
                            .formatted(i, i));
        }
        chats = Files.write(folder.resolve("chats.jsonl"), lines);
    }

    private Recipe recipe(String... settings) {
        return Recipe.parse(
                """
                model: {from: '%s'}
                data: [{path: '%s'}]
                chat: {template: zephyr, validation_fraction: 0.1, samples: 0, neftune_alpha: 5}
                lora: {rank: 8, alpha: 16, dropout: 0.1}
                training: {threads: 1, sequence_length: 192, micro_batch: 2, batch_sequences: 3, seed: 5, steps: 20}
                optimizer: {weight_decay: 0}
                schedule: {peak: 1e-2, minimum: 0, warmup_ratio: 0.1}
                checkpoint: {every: 5}
                validation: {every: 5, tokens: 2000}
                """.formatted(ReferenceData.require("golden/stories260k-hf"), chats),
                "lora.yaml",
                Arrays.asList(settings));
    }

    @Test
    void learnsAndLeavesAnAdapterAsPeftHasIt() throws Exception {
        Path base = ReferenceData.require("golden/stories260k-hf/model.safetensors");
        byte[] before = Files.readAllBytes(base);
        TrainingResult result = Trainer.run(recipe(), SmallRun.options(folder.resolve("run")), new TrainListener() {});
        List<Double> losses = History.read(folder.resolve("run/metrics.jsonl")).validations().stream()
                .map(v -> v.loss())
                .toList();
        assertThat(losses.getLast()).isLessThan(0.8 * losses.getFirst());
        assertThat(Files.readAllBytes(base)).isEqualTo(before);
        Path checkpoint = result.checkpoint().orElseThrow();
        assertThat(checkpoint.resolve("model.safetensors")).doesNotExist();
        AdapterConfig config = AdapterConfig.read(checkpoint);
        assertThat(config.rank()).isEqualTo(8);
        assertThat(config.base())
                .contains(base.getParent().toAbsolutePath().normalize().toString());
        try (Adapter adapter = Adapter.open(checkpoint, LlamaConfig.read(base.resolveSibling("config.json")))) {
            assertThat(adapter.weights().pairs()).hasSize(5 * 7);
        }
        try (Stream<Path> files = Files.list(checkpoint)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .contains("tokenizer.json", "tokenizer_config.json", "optimizer.safetensors", "trainer.json");
        }
    }

    /** Tasks see the base with the adapter as it stands, which is what the checkpoint of that step is. */
    @Test
    void tasksMeasureTheAdapterAsItStands() {
        List<Double> seen = new ArrayList<>();
        TaskEvaluator probe = new TaskEvaluator() {
            @Override
            public String description() {
                return "a task";
            }

            @Override
            public Optional<List<Score>> measure(LlamaModel model, BooleanSupplier stopRequested) {
                seen.add(logit(model));
                return Optional.of(List.of(new Score("a task/acc", 0, OptionalDouble.empty(), true)));
            }
        };
        Recipe recipe = recipe("training.steps=4", "eval={tasks: [a task], every: 2}");
        RunOptions options =
                SmallRun.options(folder.resolve("run")).withEvaluators((asked, config, tokenizer) -> probe);
        TrainingResult result = Trainer.run(recipe, options, new TrainListener() {});
        assertThat(seen).hasSize(2);
        assertThat(seen.getFirst()).isNotEqualTo(seen.getLast());
        try (Device device = CpuDevice.open(CpuOptions.defaults().withThreads(1));
                LlamaModel saved = AdaptedModels.load(
                        result.checkpoint().orElseThrow(), List.of(), device, HubCache.ofProcess(), _ -> {})) {
            assertThat(logit(saved)).isCloseTo(seen.getLast(), within(1e-5));
        }
    }

    private static double logit(LlamaModel model) {
        float[] logits = new float[model.config().vocabSize()];
        try (LlamaSession session = model.newSession(8)) {
            session.download(session.forward(new int[] {1, 2, 3}).rows(2, 3), logits);
        }
        return logits[5];
    }

    @Test
    void goesOnAfterAStopWithTheSameBits() throws Exception {
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        Trainer.run(recipe(), SmallRun.options(whole), new TrainListener() {});
        int[] steps = {0};
        Trainer.run(
                recipe(), SmallRun.options(parts).withStopRequested(() -> ++steps[0] == 10), new TrainListener() {});
        Trainer.run(recipe(), SmallRun.resume(parts), new TrainListener() {});
        assertThat(SmallRun.numbers(parts)).isEqualTo(SmallRun.numbers(whole));
        assertThat(adapter(parts)).hasSameBinaryContentAs(adapter(whole));
    }

    private static Path adapter(Path run) {
        return CheckpointStore.follow(run.resolve("checkpoints/latest"))
                .orElseThrow()
                .resolve(AdapterWeights.FILE);
    }

    @ParameterizedTest
    @CsvSource({
        "lora.dropout=0.2, lora was",
        "lora.rank=4, lora was",
        "lora.base=bf16, lora base is not",
        "chat.neftune_alpha=1, chat.neftune_alpha was",
        "training.micro_batch=1, training.micro_batch was"
    })
    void refusesToGoOnWithAnotherRun(String change, String message) {
        Path run = folder.resolve("run");
        Trainer.run(recipe("training.steps=2"), SmallRun.options(run), new TrainListener() {});
        assertThatThrownBy(() ->
                        Trainer.run(recipe("training.steps=2", change), SmallRun.resume(run), new TrainListener() {}))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(message.replace("lora was", "lora is not what"));
    }

    /** A base whose file is GGUF, most of it in 8 bits. */
    @Test
    void learnsOnAQuantisedBase() {
        Recipe recipe = recipe(
                "model.from=" + ReferenceData.require("golden/quant/stories260k-q8_0.gguf"),
                "tokenizer=" + ReferenceData.require("golden/stories260k-hf"),
                "lora.targets=[q_proj, v_proj]");
        TrainingResult result = Trainer.run(recipe, SmallRun.options(folder.resolve("q")), new TrainListener() {});
        assertThat(result.loss()).isLessThan(3.5);
        assertThatThrownBy(() -> Trainer.run(
                        recipe("model.from=" + ReferenceData.require("golden/quant/stories260k-q8_0.gguf")),
                        SmallRun.options(folder.resolve("no")),
                        new TrainListener() {}))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("tokenizer");
    }

    @Test
    void thePlanSaysWhatLearnsAndWhereMemoryGoes() {
        List<String> lines = new ArrayList<>();
        Trainer.run(recipe(), SmallRun.options(folder.resolve("dry")).withDryRun(true), new TrainListener() {
            @Override
            public void onPlan(TrainingPlan plan) {
                lines.addAll(plan.render());
                assertThat(plan.memory().base()).isGreaterThan(1_000_000);
                assertThat(plan.memory().optimizer())
                        .isEqualTo(2 * plan.memory().parameters());
            }
        });
        assertThat(lines).anyMatch(line -> line.startsWith("learns        46,240 parameters of an adapter"));
        assertThat(lines).anyMatch(line -> line.contains("base 1.0 MB, adapter 185.0 kB"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "lora.rank=0 | rank",
                "lora.rank=33 | lora.rank is 33; this model's k_proj is 32 x 64",
                "lora.targets=[q_proj, lm_head] | names 'lm_head'",
                "lora.targets=[q_proj, q_proj] | twice",
                "lora.targets=[] | is empty",
                "lora.dropout=1 | dropout",
                "lora.base=q2_k | base",
                "lora.base=q4_0 | blocks of 32",
                "lora.r=4 | r",
                "model.from=/nowhere | /nowhere"
            })
    void refusesWhatCannotBe(String setting, String message) {
        assertThatThrownBy(() ->
                        Trainer.run(recipe(setting), SmallRun.options(folder.resolve("bad")), new TrainListener() {}))
                .isInstanceOf(UserError.class)
                .hasMessageContaining(message);
    }
}
