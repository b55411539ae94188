package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training, stopping, going on: always the same numbers. */
class ResumeTest {
    @TempDir
    static Path shared;

    static Path data;
    static Path whole;

    @BeforeAll
    static void trainWithoutStopping() throws Exception {
        data = SmallRun.data(shared);
        whole = shared.resolve("whole");
        TrainingResult result = Trainer.run(SmallRun.recipe(data), SmallRun.options(whole), new SmallRun.Told());
        assertThat(result.complete()).isTrue();
        assertThat(result.steps()).isEqualTo(20);
        assertThat(result.checkpoint()).contains(whole.resolve("checkpoints/step-00000020"));
    }

    @Test
    void lossFalls() throws Exception {
        var history = dev.cria.train.metrics.History.read(whole.resolve("metrics.jsonl"));
        assertThat(history.steps()).hasSize(20);
        assertThat(history.steps().getFirst().loss()).isBetween(5.0, 7.5);
        assertThat(history.steps().getLast().loss()).isLessThan(3.6);
        assertThat(history.validations()).extracting(v -> v.step()).containsExactly(5L, 10L, 15L, 20L);
        var held = history.validations().getLast();
        assertThat(held.loss()).isLessThan(history.validations().getFirst().loss());
        assertThat(held.bitsPerByte())
                .isGreaterThan(held.loss() / Math.log(2))
                .isLessThan(held.loss() / Math.log(2) * 1.02);
        assertThat(whole.resolve("curves.svg")).exists();
        assertThat(whole.resolve("checkpoints/latest")).hasContent("step-00000020\n");
        try (var files = Files.list(whole.resolve("checkpoints"))) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("step-00000010", "step-00000015", "step-00000020", "latest");
        }
    }

    @Test
    void resumedNumbersAreTheSameToTheLastBit(@TempDir Path run) throws Exception {
        AtomicInteger steps = new AtomicInteger();
        TrainingResult part = Trainer.run(
                SmallRun.recipe(data),
                SmallRun.options(run).withStopRequested(() -> steps.incrementAndGet() == 7),
                new SmallRun.Told());
        assertThat(part.complete()).isFalse();
        assertThat(part.steps()).isEqualTo(7);
        assertThat(SmallRun.numbers(run)).hasSize(8);
        SmallRun.Told told = new SmallRun.Told();
        TrainingResult rest = Trainer.run(SmallRun.recipe(data), SmallRun.resume(run), told);
        assertThat(rest.complete()).isTrue();
        assertThat(told.resumes).containsExactly(7L);
        assertThat(SmallRun.numbers(run)).isEqualTo(SmallRun.numbers(whole));
        for (String file : new String[] {"model.safetensors", "optimizer.safetensors", "config.json"}) {
            assertThat(run.resolve("checkpoints/step-00000020").resolve(file))
                    .hasSameBinaryContentAs(
                            whole.resolve("checkpoints/step-00000020").resolve(file));
        }
    }

    @Test
    void neitherThreadsNorLeftOverFilesChangeTheNumbers(@TempDir Path run) throws Exception {
        Files.createDirectories(run.resolve("checkpoints/.unfinished-step-00000099"));
        Files.writeString(run.resolve("checkpoints/.unfinished-step-00000099/model.safetensors"), "rubbish");
        Files.writeString(run.resolve("metrics.jsonl"), "{\"step\":1,\"loss\":1}\n");
        Trainer.run(SmallRun.recipe(data, "training.threads=2"), SmallRun.resume(run), new SmallRun.Told());
        assertThat(SmallRun.numbers(run)).isEqualTo(SmallRun.numbers(whole));
        assertThat(run.resolve("checkpoints/.unfinished-step-00000099")).doesNotExist();
    }

    @Test
    void aFinishedRunHasNothingLeftToDo() throws Exception {
        SmallRun.Told told = new SmallRun.Told();
        TrainingResult result = Trainer.run(SmallRun.recipe(data), SmallRun.resume(whole), told);
        assertThat(result.complete()).isTrue();
        assertThat(result.validation()).isPresent();
        assertThat(told.checkpoints).isEmpty();
        assertThatThrownBy(() -> Trainer.run(SmallRun.recipe(data), SmallRun.options(whole), told))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("already holds a run, at step 20");
    }

    @Test
    void beginsAnewWhenAsked(@TempDir Path run) throws Exception {
        Trainer.run(SmallRun.recipe(data, "training.steps=6"), SmallRun.options(run), new SmallRun.Told());
        Trainer.run(SmallRun.recipe(data), SmallRun.options(run).withStart(RunOptions.Start.ANEW), new SmallRun.Told());
        assertThat(SmallRun.numbers(run)).isEqualTo(SmallRun.numbers(whole));
    }

    @Test
    void refusesAChangedSequence(@TempDir Path run) throws Exception {
        Trainer.run(SmallRun.recipe(data, "training.steps=5"), SmallRun.options(run), new SmallRun.Told());
        Recipe changed = SmallRun.recipe(data, "training.steps=5", "training.seed=8");
        assertThatThrownBy(() -> Trainer.run(changed, SmallRun.resume(run), new SmallRun.Told()))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("training.seed was 7 and is now 8");
        assertThatThrownBy(() -> Trainer.run(SmallRun.recipe(data), SmallRun.resume(run), new SmallRun.Told()))
                .hasMessageContaining("stages.0.steps was 5 and is now 20");
        SmallRun.Told told = new SmallRun.Told();
        Trainer.run(SmallRun.recipe(data), SmallRun.resume(run).withAllowChanges(true), told);
        assertThat(told.warnings).anyMatch(w -> w.contains("stages.0.steps was 5"));
    }

    @Test
    void warnsOfAChangeThatOnlyRounds(@TempDir Path run) throws Exception {
        Trainer.run(SmallRun.recipe(data), SmallRun.options(run).withStopRequested(() -> true), new SmallRun.Told());
        SmallRun.Told told = new SmallRun.Told();
        Trainer.run(SmallRun.recipe(data, "training.micro_batch=4"), SmallRun.resume(run), told);
        assertThat(told.warnings).hasSize(1).first().asString().contains("micro_batch was 3 and is now 4");
    }

    @Test
    void onlyOneRunMayHaveADirectory(@TempDir Path run) {
        SmallRun.Told told = new SmallRun.Told() {};
        TrainListener meddler = new TrainListener() {
            @Override
            public void onCheckpoint(long step, Path directory, java.time.Duration took) {
                assertThatThrownBy(() -> Trainer.run(SmallRun.recipe(data), SmallRun.resume(run), told))
                        .isInstanceOf(UserError.class)
                        .hasMessageContaining("in use by another");
            }
        };
        Trainer.run(SmallRun.recipe(data, "training.steps=5"), SmallRun.options(run), meddler);
    }
}
