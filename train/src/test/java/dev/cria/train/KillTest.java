package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.checkpoint.TrainerState;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kill -9} at random instants, most of them inside a save: nothing is lost and no number changes. */
class KillTest {
    @Test
    void survivesThreeKills(@TempDir Path directory) throws Exception {
        survives(directory, 3, 60, 11);
    }

    @Test
    @Tag("slow")
    void survivesTwentyKills(@TempDir Path directory) throws Exception {
        survives(directory, 20, 400, 12);
    }

    private static void survives(Path directory, int kills, int steps, long seed) throws Exception {
        Path data = SmallRun.data(directory);
        String[] settings = {
            "model.hidden_size=16",
            "model.intermediate_size=32",
            "training.sequence_length=16",
            "training.batch_sequences=3",
            "training.micro_batch=2",
            "training.steps=" + steps,
            "checkpoint.every=2",
            "checkpoint.keep_every=50",
            "validation.every=20",
            "validation.tokens=64",
            "schedule.peak=5e-3"
        };
        Path whole = directory.resolve("whole");
        complete(directory, data, whole, settings);
        List<String> expected = SmallRun.numbers(whole);
        assertThat(expected).hasSize(steps + steps / 20);
        Random random = new Random(seed);
        int done = 0;
        for (int attempt = 0; done < kills; attempt++) {
            Path run = directory.resolve("run" + attempt);
            while (done < kills) {
                Path output = directory.resolve("killed.txt");
                Process child = ChildRun.start("", output, data, run, settings);
                awaitFirstStep(child, output);
                if (child.waitFor(random.nextInt(800), TimeUnit.MILLISECONDS)) {
                    break;
                }
                child.destroyForcibly().waitFor();
                done++;
                requireWhole(run);
            }
            complete(directory, data, run, settings);
            assertThat(SmallRun.numbers(run)).isEqualTo(expected);
        }
    }

    private static void awaitFirstStep(Process child, Path output) throws Exception {
        while (child.isAlive() && !Files.readString(output).contains("step ")) {
            Thread.sleep(5);
        }
    }

    /** Every folder that looks like a checkpoint is one. */
    private static void requireWhole(Path run) {
        for (CheckpointStore.Entry entry : new CheckpointStore(run.resolve("checkpoints"), 1, 0).list()) {
            TrainerState state = CheckpointStore.verify(entry.directory());
            assertThat(state.step()).isEqualTo(entry.step());
        }
    }

    private static void complete(Path directory, Path data, Path run, String... settings) throws Exception {
        Path output = directory.resolve("complete.txt");
        Process child = ChildRun.start("", output, data, run, settings);
        assertThat(child.waitFor(120, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(output)).contains("complete true");
    }

    @Test
    void aSignalSavesAndStops(@TempDir Path directory) throws Exception {
        Path data = SmallRun.data(directory);
        Path run = directory.resolve("run");
        Path output = directory.resolve("output.txt");
        String[] settings = {"training.steps=100000", "checkpoint.every=0", "validation.every=0"};
        Process child = ChildRun.start("", output, data, run, settings);
        awaitFirstStep(child, output);
        child.destroy();
        assertThat(child.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(child.exitValue()).isZero();
        String told = Files.readString(output);
        assertThat(told).contains("complete false");
        long last = told.lines().filter(line -> line.startsWith("step ")).count();
        assertThat(new CheckpointStore(run.resolve("checkpoints"), 1, 0)
                        .newest()
                        .orElseThrow()
                        .step())
                .isEqualTo(last);
    }
}
