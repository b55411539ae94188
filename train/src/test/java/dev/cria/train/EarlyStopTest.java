package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.checkpoint.TrainerState;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.ValidationMetrics;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run whose held-out loss falls and then rises again: a learning rate that grows without end. */
class EarlyStopTest {
    private static final String[] RISING = {
        "training.steps=60",
        "schedule.peak=0.5",
        "schedule.minimum=0",
        "schedule.warmup_steps=59",
        "checkpoint.every=7",
        "checkpoint.keep_last=1",
        "validation.every=2",
        "validation.patience=3",
        "safety.spike_threshold=0"
    };

    @TempDir
    static Path shared;

    static Path data;
    static Path whole;
    static TrainingResult result;
    static final List<String> SAID = new ArrayList<>();

    @BeforeAll
    static void trainWithoutStopping() throws Exception {
        data = SmallRun.data(shared);
        whole = shared.resolve("whole");
        result = Trainer.run(SmallRun.recipe(data, RISING), SmallRun.options(whole), new SmallRun.Told() {
            @Override
            public void onEarlyStop(String sentence) {
                SAID.add(sentence);
            }
        });
    }

    @Test
    void endsAfterThreeMeasurementsWithoutALowerLossAndSaysSo() throws Exception {
        List<ValidationMetrics> held =
                History.read(whole.resolve("metrics.jsonl")).validations();
        ValidationMetrics best =
                held.stream().min(Comparator.comparingDouble(v -> v.loss())).orElseThrow();
        assertThat(result.early()).isTrue();
        assertThat(result.complete()).isTrue();
        assertThat(result.steps()).isLessThan(60).isEqualTo(held.getLast().step());
        assertThat(result.best()).isPresent();
        assertThat(result.best().get().step()).isEqualTo(best.step()).isEqualTo(result.steps() - 6);
        assertThat(result.best().get().loss()).isEqualTo(best.loss());
        assertThat(SAID).hasSize(1).first().asString().contains("ends early").contains("of step " + best.step());
    }

    @Test
    void keepsTheBestCheckpointAndTheNewestAndNothingElse() throws Exception {
        Path best = result.best().orElseThrow().checkpoint();
        assertThat(result.checkpoint())
                .contains(CheckpointStore.follow(whole.resolve("checkpoints/latest"))
                        .orElseThrow());
        assertThat(CheckpointStore.follow(whole.resolve("checkpoints/best"))).contains(best);
        try (var files = Files.list(whole.resolve("checkpoints"))) {
            assertThat(files.filter(Files::isDirectory))
                    .containsExactlyInAnyOrder(best, result.checkpoint().orElseThrow());
        }
        assertThat(CheckpointStore.verify(best).step())
                .isEqualTo(result.best().get().step());
    }

    @Test
    void everyStopAndResumeEndsAtTheSameStepWithTheSameBest() throws Exception {
        for (int stopAt : new int[] {1, 8, (int) result.steps() - 1}) {
            Path run = shared.resolve("stopped" + stopAt);
            AtomicInteger steps = new AtomicInteger();
            Trainer.run(
                    SmallRun.recipe(data, RISING),
                    SmallRun.options(run).withStopRequested(() -> steps.incrementAndGet() == stopAt),
                    new SmallRun.Told());
            sameAsWhole(run, Trainer.run(SmallRun.recipe(data, RISING), SmallRun.resume(run), new SmallRun.Told()));
        }
    }

    @Test
    void aMeasurementThatAKillLostIsMadeAgainAndCountsOnce() throws Exception {
        Path run = shared.resolve("lost");
        AtomicInteger steps = new AtomicInteger();
        Trainer.run(
                SmallRun.recipe(data, RISING),
                SmallRun.options(run).withStopRequested(() -> steps.incrementAndGet() == 14),
                new SmallRun.Told());
        List<String> lines = Files.readAllLines(run.resolve("metrics.jsonl"));
        assertThat(lines.getLast()).contains("validation_loss");
        Files.write(run.resolve("metrics.jsonl"), lines.subList(0, lines.size() - 1));
        sameAsWhole(run, Trainer.run(SmallRun.recipe(data, RISING), SmallRun.resume(run), new SmallRun.Told()));
    }

    private static void sameAsWhole(Path run, TrainingResult resumed) throws Exception {
        assertThat(SmallRun.numbers(run)).isEqualTo(SmallRun.numbers(whole));
        assertThat(resumed.early()).isTrue();
        assertThat(resumed.steps()).isEqualTo(result.steps());
        assertThat(resumed.best().orElseThrow().loss())
                .isEqualTo(result.best().orElseThrow().loss());
        String best = result.best().get().checkpoint().getFileName().toString();
        assertThat(run.resolve("checkpoints/best")).hasContent(best + "\n");
        assertThat(run.resolve("checkpoints").resolve(best).resolve("model.safetensors"))
                .hasSameBinaryContentAs(result.best().get().checkpoint().resolve("model.safetensors"));
    }

    @Test
    void aRunThatEndedEarlyHasNothingLeftToDoUntilItIsGivenMorePatience(@TempDir Path run) throws Exception {
        Trainer.run(SmallRun.recipe(data, RISING), SmallRun.options(run), new SmallRun.Told());
        SmallRun.Told told = new SmallRun.Told();
        assertThat(Trainer.run(SmallRun.recipe(data, RISING), SmallRun.resume(run), told)
                        .steps())
                .isEqualTo(result.steps());
        assertThat(told.checkpoints).isEmpty();
        String[] patient = RISING.clone();
        patient[7] = "validation.patience=4";
        TrainingResult more = Trainer.run(SmallRun.recipe(data, patient), SmallRun.resume(run), told);
        assertThat(more.steps()).isGreaterThan(result.steps());
    }

    @Test
    void trainerFilesOfEarlierVersionsStillResume(@TempDir Path run) throws Exception {
        AtomicInteger steps = new AtomicInteger();
        String[] settings = {"validation.keep_best=false"};
        Trainer.run(
                SmallRun.recipe(data, settings),
                SmallRun.options(run).withStopRequested(() -> steps.incrementAndGet() == 3),
                new SmallRun.Told());
        Path checkpoint = run.resolve("checkpoints/step-00000003");
        assertThat(checkpoint.resolve("trainer.json")).content().doesNotContain("\"validation\"");
        TrainerState state = CheckpointStore.verify(checkpoint);
        assertThat(state.validation().hasBest()).isFalse();
        TrainingResult rest =
                Trainer.run(SmallRun.recipe(data, "validation.patience=2"), SmallRun.resume(run), new SmallRun.Told());
        assertThat(rest.complete()).isTrue();
        assertThat(rest.best()).isPresent();
    }

    @Test
    void aBestCheckpointThatSomebodyDeletedIsToldAndForgotten(@TempDir Path run) throws Exception {
        AtomicInteger steps = new AtomicInteger();
        Trainer.run(
                SmallRun.recipe(data, RISING),
                SmallRun.options(run).withStopRequested(() -> steps.incrementAndGet() == 9),
                new SmallRun.Told());
        Path best = CheckpointStore.follow(run.resolve("checkpoints/best")).orElseThrow();
        if (best.endsWith("step-00000009")) {
            throw new AssertionError("the test wants a best checkpoint that is not the newest");
        }
        try (var files = Files.list(best)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(best);
        SmallRun.Told told = new SmallRun.Told();
        Trainer.run(SmallRun.recipe(data, RISING), SmallRun.resume(run), told);
        assertThat(told.warnings).anyMatch(line -> line.contains("is not there any more"));
    }

    @Test
    void patienceWithNothingToWaitForIsRefused(@TempDir Path run) {
        assertThatThrownBy(() -> SmallRun.recipe(data, "validation.patience=2", "validation.every=0"))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("every is 0");
        assertThatThrownBy(() -> SmallRun.recipe(data, "validation.patience=0")).isInstanceOf(UserError.class);
    }
}
