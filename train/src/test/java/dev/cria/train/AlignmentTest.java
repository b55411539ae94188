package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.base.UserError;
import dev.cria.text.ChatTemplate;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.metrics.ValidationMetrics;
import dev.cria.train.recipe.Recipe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Aligning a 260,000-parameter model through the same loop that pretrains. */
class AlignmentTest {
    @TempDir
    Path folder;

    private Path pairs;

    @BeforeEach
    void writePairs() throws Exception {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < 48; i++) {
            lines.add(
                    "{\"prompt\": \"Tell me of cat number %d.\", \"chosen\": \"Cat %d is happy.\", \"rejected\": \"Cat %d is sad.\"}"
                            .formatted(i, i, i));
        }
        lines.add("{\"prompt\": \"Hello?\", \"chosen\": \"Yes.\", \"rejected\": \"Yes.\"}");
        pairs = Files.write(folder.resolve("pairs.jsonl"), lines);
    }

    private Recipe recipe(String... settings) {
        return Recipe.parse(
                """
                model: {from: '%s'}
                data: [{path: '%s'}]
                chat: {template: zephyr, epochs: 2, validation_fraction: 0.15, samples: 1}
                align: {beta: 0.1}
                training: {threads: 1, sequence_length: 96, micro_batch: 2, batch_pairs: 8, seed: 5}
                optimizer: {weight_decay: 0}
                schedule: {peak: 4e-4, minimum: 0, warmup_ratio: 0.1}
                checkpoint: {every: 5}
                validation: {every: 5}
                """.formatted(ReferenceData.require("golden/stories260k-hf"), pairs),
                "dpo.yaml",
                Arrays.asList(settings));
    }

    /** Counts what the starting model is asked. */
    private static final class Asked implements TrainListener {
        final List<Long> done = new ArrayList<>();
        final List<String> said = new ArrayList<>();
        long all;

        @Override
        public void onReference(long known, long pairs, Duration remaining) {
            done.add(known);
            all = pairs;
        }

        boolean isAnswered() {
            return !done.isEmpty() && done.getLast() == all;
        }

        @Override
        public void onNotice(String sentence) {
            said.add(sentence);
        }

        @Override
        public void onWarning(String sentence) {
            said.add(sentence);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"sigmoid", "ipo", "hinge"})
    void learnsWhatIsPreferredOnQuestionsItHasNotSeen(String loss) throws Exception {
        Path run = folder.resolve("run");
        Asked asked = new Asked();
        TrainingResult result = Trainer.run(recipe("align.loss=" + loss), SmallRun.options(run), asked);
        assertThat(result.complete()).isTrue();
        assertThat(asked.all).isEqualTo(48);
        assertThat(asked.done.getLast()).isEqualTo(48);
        assertThat(asked.said)
                .anyMatch(line -> line.startsWith("preference pairs: ") && line.endsWith(" held out"))
                .contains("left out or cut: 1 with equal answers left out");
        History history = History.read(run.resolve("metrics.jsonl"));
        StepMetrics first = history.steps().getFirst();
        double start = loss.equals("sigmoid") ? Math.log(2) : loss.equals("ipo") ? 25 : 1;
        assertThat(first.loss()).as("at the reference itself").isCloseTo(start, within(1e-3));
        assertThat(first.more().get("rewards/margins")).isCloseTo(0, within(1e-4));
        ValidationMetrics last = history.validations().getLast();
        assertThat(last.more().get("rewards/accuracies")).isGreaterThan(0.9);
        assertThat(last.more().get("rewards/margins"))
                .isCloseTo(last.more().get("rewards/chosen") - last.more().get("rewards/rejected"), within(1e-9))
                .isGreaterThan(first.more().get("rewards/margins"));
        assertThat(last.loss()).isLessThan(start);
        assertThat(ChatTemplate.find(result.checkpoint().orElseThrow())).isPresent();
        assertThat(Files.readString(run.resolve("curves.svg")))
                .contains("accuracy")
                .contains("rewards");
        try (Stream<Path> events = Files.list(run.resolve("tensorboard"))) {
            String written = Files.readString(events.findFirst().orElseThrow(), StandardCharsets.ISO_8859_1);
            assertThat(written).contains("train/rewards/margins").contains("validation/rewards/accuracies");
        }
        Recipe again = Recipe.read(run.resolve("recipe.yaml"), List.of());
        assertThat(again.stages().getFirst().length().amount()).isEqualTo(result.steps());
        assertThat(again.align()).isEqualTo(recipe("align.loss=" + loss).align());
    }

    @Test
    void goesOnAfterAStopWithTheSameBits() throws Exception {
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        Trainer.run(recipe(), SmallRun.options(whole), new TrainListener() {});
        int[] asks = {0};
        // Stopped once while the starting model is asked, once while it is trained.
        TrainingResult early = Trainer.run(
                recipe(), SmallRun.options(parts).withStopRequested(() -> ++asks[0] == 3), new TrainListener() {});
        assertThat(early.steps()).isZero();
        assertThat(early.complete()).isFalse();
        Asked rest = new Asked();
        int[] steps = {0};
        Trainer.run(
                recipe(), SmallRun.resume(parts).withStopRequested(() -> rest.isAnswered() && ++steps[0] == 4), rest);
        assertThat(rest.done.getFirst()).as("what was known is not asked again").isGreaterThan(8);
        Asked none = new Asked();
        Trainer.run(recipe(), SmallRun.resume(parts), none);
        assertThat(none.done).isEmpty();
        assertThat(SmallRun.numbers(parts)).isEqualTo(SmallRun.numbers(whole));
        assertThat(more(parts)).isEqualTo(more(whole));
    }

    @Test
    void anAdapterLearnsPreferencesToo() throws Exception {
        String[] settings = {
            "lora.rank=8",
            "lora.alpha=16",
            "lora.base=bf16",
            "lora.dropout=0.05",
            "schedule.peak=2e-2",
            "chat.epochs=",
            "training.steps=6",
            "training.micro_batch=8",
            "checkpoint.every=0",
            "validation.every=3"
        };
        Path whole = folder.resolve("whole");
        Path parts = folder.resolve("parts");
        Asked asked = new Asked();
        TrainingResult result = Trainer.run(recipe(settings), SmallRun.options(whole), asked);
        assertThat(asked.isAnswered()).isTrue();
        Path adapter = result.checkpoint().orElseThrow();
        assertThat(adapter.resolve("adapter_model.safetensors")).exists();
        assertThatThrownBy(() -> run("model.from=" + adapter))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("is an adapter");
        History history = History.read(whole.resolve("metrics.jsonl"));
        assertThat(history.steps().getFirst().more().get("rewards/margins"))
                .as("an adapter that has learnt nothing is the starting model")
                .isCloseTo(0, within(1e-4));
        assertThat(history.validations().getLast().more().get("rewards/accuracies"))
                .isGreaterThan(0.9);
        Asked rest = new Asked();
        int[] steps = {0};
        Trainer.run(
                recipe(settings),
                SmallRun.options(parts).withStopRequested(() -> rest.isAnswered() && ++steps[0] == 3),
                rest);
        Trainer.run(recipe(settings), SmallRun.resume(parts), new TrainListener() {});
        assertThat(SmallRun.numbers(parts)).isEqualTo(SmallRun.numbers(whole));
    }

    private static List<Object> more(Path run) throws Exception {
        return History.read(run.resolve("metrics.jsonl")).steps().stream()
                .<Object>map(StepMetrics::more)
                .toList();
    }

    @Test
    void theReferenceIsReusedWhereItFitsAndMadeAgainWhereItDoesNot() throws Exception {
        Path run = folder.resolve("run");
        Trainer.run(recipe("training.steps=1", "chat.epochs="), SmallRun.options(run), new TrainListener() {});
        RunOptions fresh = SmallRun.options(run).withStart(RunOptions.Start.ANEW);
        Asked same = new Asked();
        Trainer.run(recipe("training.steps=1", "chat.epochs=", "align.beta=0.5"), fresh, same);
        assertThat(same.done).isEmpty();
        assertThat(same.said).anyMatch(line -> line.startsWith("reference: "));
        Asked other = new Asked();
        Trainer.run(recipe("training.steps=1", "chat.epochs=", "chat.template=chatml"), fresh, other);
        assertThat(other.done).isNotEmpty();
        Path file = run.resolve("reference.json");
        String text = Files.readString(file);
        int digit = text.indexOf("-", text.indexOf("log_probabilities")) + 1;
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        bytes[digit] = (byte) (bytes[digit] == '9' ? '8' : bytes[digit] + 1);
        Files.write(file, bytes);
        Asked damaged = new Asked();
        Trainer.run(recipe("training.steps=1", "chat.epochs=", "chat.template=chatml"), fresh, damaged);
        assertThat(damaged.done).isNotEmpty();
        assertThat(damaged.said).anyMatch(line -> line.contains("not those that were written"));
        assertThat(Files.readString(file)).isEqualTo(text);
    }

    @Test
    void theMicroBatchChangesOnlyRounding() throws Exception {
        List<StepMetrics> one = steps("training.micro_batch=1");
        List<StepMetrics> many = steps("training.micro_batch=8");
        for (int i = 0; i < one.size(); i++) {
            assertThat(one.get(i).loss()).isCloseTo(many.get(i).loss(), within(1e-4));
            assertThat(one.get(i).more().get("logps/chosen"))
                    .isCloseTo(many.get(i).more().get("logps/chosen"), within(1e-2));
        }
    }

    private List<StepMetrics> steps(String setting) throws Exception {
        Path run = folder.resolve(setting);
        Trainer.run(recipe("training.steps=3", "chat.epochs=", setting), SmallRun.options(run), new TrainListener() {});
        return History.read(run.resolve("metrics.jsonl")).steps();
    }

    @Test
    void aStartingModelThatGivesNoNumbersIsRefused() throws Exception {
        Path broken = Files.createDirectories(folder.resolve("broken"));
        for (String name : List.of("config.json", "tokenizer.json", "tokenizer_config.json", "tokenizer.model")) {
            Path from = ReferenceData.require("golden/stories260k-hf").resolve(name);
            if (Files.exists(from)) {
                Files.copy(from, broken.resolve(name));
            }
        }
        byte[] weights = Files.readAllBytes(ReferenceData.require("golden/stories260k-hf/model.safetensors"));
        Arrays.fill(weights, weights.length - 64, weights.length, (byte) 0xff); // NaN in the last tensor
        Files.write(broken.resolve("model.safetensors"), weights);
        assertThatThrownBy(() -> run("model.from=" + broken))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("the starting model gives an answer the log-probability NaN");
    }

    @Test
    void aResumeWithAnotherLossOrModelIsRefused() {
        Path run = folder.resolve("run");
        int[] steps = {0};
        Trainer.run(recipe(), SmallRun.options(run).withStopRequested(() -> ++steps[0] > 40), new TrainListener() {});
        assertThatThrownBy(() -> Trainer.run(recipe("align.beta=0.2"), SmallRun.resume(run), new TrainListener() {}))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("align");
    }

    @Test
    void recipesThatDoNotFitAreRefusedInASentence() {
        assertThatThrownBy(() -> recipe("training.batch_sequences=5"))
                .hasMessageContaining("cannot stand beside align");
        assertThatThrownBy(() -> recipe("chat.train_on=everything")).hasMessageContaining("cannot stand beside align");
        assertThatThrownBy(() -> recipe("align.loss=love")).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> recipe("align.beta=0")).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> recipe("align.gamma=1")).hasMessageContaining("gamma");
        assertThatThrownBy(() -> recipe("align.loss=ipo", "align.label_smoothing=0.1"))
                .hasMessageContaining("belongs to loss sigmoid only");
        assertThatThrownBy(() -> run("chat.on_bad=stop")).hasMessageContaining("pairs.jsonl:49 has two equal answers");
        assertThatThrownBy(() -> run("training.sequence_length=16"))
                .hasMessageContaining("48 longer than the context left out");
        assertThatThrownBy(() -> run("validation.patience=2", "chat.validation_fraction=0"))
                .isInstanceOf(UserError.class);
    }

    private void run(String... settings) {
        Trainer.run(recipe(settings), SmallRun.options(folder.resolve("refused")), new TrainListener() {});
    }

    @Test
    void aRecipeForPairsWritesItself() {
        Recipe recipe = recipe("align.label_smoothing=0.1", "chat.on_long=skip", "training.batch_pairs=3");
        assertThat(Recipe.parse(recipe.toYaml(), "written", List.of())).isEqualTo(recipe);
        assertThat(recipe("align.loss=ipo").safety().spikeThreshold()).isZero();
        assertThat(recipe("align.loss=ipo").align().orElseThrow().lengthNormalised())
                .isTrue();
    }
}
