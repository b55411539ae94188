package dev.cria.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.data.TokenFixture;
import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.checkpoint.TrainerState;
import dev.cria.train.metrics.History;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What goes wrong gets one sentence, and loses nothing. */
class TrainerFailureTest {
    private static UserError failure(Path data, RunOptions options, TrainListener listener, String... settings) {
        return catchThrowableOfType(
                UserError.class, () -> Trainer.run(SmallRun.recipe(data, settings), options, listener));
    }

    @Test
    void divergenceStopsTheRunAndKeepsTheLastGoodState(@TempDir Path directory) throws Exception {
        Path data = SmallRun.data(directory);
        Path run = directory.resolve("run");
        // A decay of 1000 times the weight makes the weights grow a thousandfold with each step.
        String[] settings = {
            "schedule.peak=10", "optimizer.weight_decay=100", "safety.spike_threshold=0", "checkpoint.every=3"
        };
        UserError error = failure(data, SmallRun.options(run), new SmallRun.Told(), settings);
        assertThat(error.exitCode()).isEqualTo(1);
        assertThat(error.what()).containsPattern("step [0-9]+: .* not .*finite");
        assertThat(error.hint()).contains("schedule.peak");
        var newest = new CheckpointStore(run.resolve("checkpoints"), 1, 0).newest();
        assertThat(newest).isPresent();
        assertThat(error.what()).contains(newest.get().directory().toString());
        assertThat(run.resolve("curves.svg")).exists();
    }

    @Test
    void nanIsLeftOutUnderPolicySkipButNotForEver(@TempDir Path directory) throws Exception {
        Path data = SmallRun.data(directory);
        SmallRun.Told told = new SmallRun.Told();
        UserError error = failure(
                data,
                SmallRun.options(directory.resolve("run")),
                told,
                "schedule.peak=10",
                "optimizer.weight_decay=100",
                "checkpoint.every=0",
                "safety.on_nan=skip",
                "safety.spike_threshold=0",
                "safety.maximum_skips=3");
        var last = History.read(directory.resolve("run/metrics.jsonl")).steps().getLast();
        assertThat(last.skipped()).contains("nan");
        assertThat(error.what()).contains("after 3 skipped steps in a row");
        assertThat(told.warnings).hasSize(3).allMatch(w -> w.contains("its update is left out"));
    }

    @Test
    void spikesAreLeftOutAndResumeDecidesTheSame(@TempDir Path directory) throws Exception {
        List<String> texts = new ArrayList<>(TokenFixture.sentences(100, 3));
        Random random = new Random(5);
        for (int i = 0; i < 3; i++) {
            StringBuilder noise = new StringBuilder();
            random.ints(250, 0xa1, 0x17f).forEach(noise::appendCodePoint);
            texts.add(10 + 20 * i, noise.toString());
        }
        Path data = TokenFixture.write(directory.resolve("data"), texts);
        String[] settings = {
            "training.steps=60", "training.batch_sequences=2", "safety.spike_threshold=0.6", "checkpoint.every=13"
        };
        Path whole = directory.resolve("whole");
        SmallRun.Told told = new SmallRun.Told();
        Trainer.run(SmallRun.recipe(data, settings), SmallRun.options(whole), told);
        assertThat(told.warnings).isNotEmpty().allMatch(w -> w.contains("is a spike over the median"));
        TrainerState state = CheckpointStore.verify(whole.resolve("checkpoints/step-00000060"));
        assertThat(state.skips()).isEqualTo(told.warnings.size());
        assertThat(state.updates()).isEqualTo(60 - state.skips());
        assertThat(History.read(whole.resolve("metrics.jsonl")).steps().stream()
                        .filter(s -> s.skipped().isPresent())
                        .count())
                .isEqualTo(state.skips());
        Path parts = directory.resolve("parts");
        while (!new CheckpointStore(parts.resolve("checkpoints"), 1, 0)
                .newest()
                .map(c -> c.step() == 60)
                .orElse(false)) {
            long[] steps = {0};
            Trainer.run(
                    SmallRun.recipe(data, settings),
                    SmallRun.resume(parts).withStopRequested(() -> ++steps[0] == 17),
                    new SmallRun.Told());
        }
        assertThat(SmallRun.numbers(parts)).isEqualTo(SmallRun.numbers(whole));
        UserError stopped = failure(
                data,
                SmallRun.options(directory.resolve("stops")),
                new SmallRun.Told(),
                "training.steps=60",
                "training.batch_sequences=2",
                "safety.spike_threshold=0.6",
                "safety.on_spike=stop");
        assertThat(stopped.what()).contains("is a spike").contains("the last good checkpoint is");
    }

    /** The operating system refuses files over 80 kB: a save's weights (51 kB) fit, the moments (103 kB) do not. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aSaveThatFailsLeavesTheEarlierCheckpointAndNoRubbish(@TempDir Path directory) throws Exception {
        Path data = SmallRun.data(directory);
        Path run = directory.resolve("run");
        Path output = directory.resolve("output.txt");
        String[] settings = {
            "checkpoint.every=5",
            "training.steps=40",
            "model.hidden_size=16",
            "model.intermediate_size=32",
            "training.sequence_length=16",
            "training.batch_sequences=3"
        };
        Process first = ChildRun.start("", output, data, run, settings);
        while (first.isAlive() && !Files.readString(output).contains("step 7")) {
            Thread.sleep(1);
        }
        first.destroyForcibly().waitFor();
        var before =
                new CheckpointStore(run.resolve("checkpoints"), 1, 0).newest().orElseThrow();
        assertThat(before.step()).isLessThan(40);
        Process starved = ChildRun.start("ulimit -f 160;", output, data, run, settings);
        assertThat(starved.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(output))
                .contains("cannot save the checkpoint of step " + (before.step() + 5))
                .contains(before.directory() + " is whole");
        assertThat(starved.exitValue()).isEqualTo(1);
        try (var files = Files.list(run.resolve("checkpoints"))) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.contains("unfinished"));
        }
        assertThat(new CheckpointStore(run.resolve("checkpoints"), 1, 0).newest())
                .contains(before);
        Process last = ChildRun.start("", output, data, run, settings);
        assertThat(last.waitFor(60, TimeUnit.SECONDS)).isTrue();
        Path whole = directory.resolve("whole");
        Process other = ChildRun.start("", output, data, whole, settings);
        assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(SmallRun.numbers(run)).isEqualTo(SmallRun.numbers(whole));
    }

    @Test
    void damagedCheckpointsAreRefusedByName(@TempDir Path directory) throws Exception {
        Path data = SmallRun.data(directory);
        Path run = directory.resolve("run");
        Trainer.run(SmallRun.recipe(data, "training.steps=10"), SmallRun.options(run), new SmallRun.Told());
        Path checkpoint = run.resolve("checkpoints/step-00000010");
        List<Path> files;
        try (var listed = Files.list(checkpoint)) {
            files = listed.toList();
        }
        assertThat(files).hasSizeGreaterThanOrEqualTo(5);
        Random random = new Random(9);
        for (Path file : files) {
            byte[] good = Files.readAllBytes(file);
            for (int i = 0; i < 40; i++) {
                byte[] bad = good.clone();
                bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, bad);
                assertThatThrownBy(() -> CheckpointStore.verify(checkpoint))
                        .isInstanceOf(MalformedFileException.class)
                        .hasMessageContaining(file.getFileName().toString());
            }
            Files.write(file, java.util.Arrays.copyOf(good, good.length - 1));
            UserError error = failure(data, SmallRun.resume(run), new SmallRun.Told(), "training.steps=10");
            assertThat(error.what()).contains(file.getFileName().toString());
            Files.delete(file);
            assertThatThrownBy(() -> CheckpointStore.verify(checkpoint))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining(file.getFileName().toString());
            Files.write(file, good);
        }
        assertThat(CheckpointStore.verify(checkpoint).step()).isEqualTo(10);
    }

    @Test
    void refusesWhatCannotWorkBeforeItStarts(@TempDir Path directory) throws Exception {
        Path data = SmallRun.data(directory);
        Path file = Files.writeString(directory.resolve("file"), "");
        RunOptions options = SmallRun.options(directory.resolve("run"));
        SmallRun.Told told = new SmallRun.Told();
        assertThat(failure(data, SmallRun.options(file.resolve("run")), told).what())
                .contains("cannot make the run's directory");
        assertThat(failure(data, options, told, "data.0.path=/no/such").what()).contains("/no/such");
        assertThat(failure(data, options, told, "schedule.warmup_steps=50").what())
                .contains("warm-up is longer than its 20 steps");
        assertThat(failure(data, options, told, "model.preset=llama-9000").what())
                .contains("llama-9000");
        assertThat(failure(data, options, told, "model.heads=5").what()).contains("hidden_size 32 is no multiple of 5");
        assertThat(failure(data, options, told, "training.sequence_length=100000")
                        .what())
                .contains("fewer than one sequence");
        assertThat(failure(data, options, told, "tokenizer=/no/such").what()).contains("/no/such");
        assertThat(told.plans).isEmpty();
        assertThat(failure(data, options, told, "model.layers=4000", "model.hidden_size=32768", "model.heads=8")
                        .what())
                .contains("this machine has");
        assertThat(directory.resolve("run/checkpoints")).doesNotExist();
    }

    @Test
    void aDamagedShardStopsTheRun(@TempDir Path directory) throws Exception {
        Path data = SmallRun.data(directory);
        Path shard;
        try (var files = Files.list(data)) {
            shard = files.filter(f -> f.getFileName().toString().startsWith("train-"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(shard);
        bytes[bytes.length / 2] ^= 4;
        Files.write(shard, bytes);
        UserError error =
                failure(data, SmallRun.options(directory.resolve("run")), new SmallRun.Told(), "training.steps=200");
        assertThat(error).isInstanceOf(MalformedFileException.class);
        assertThat(error.what()).contains(shard.getFileName().toString());
    }
}
