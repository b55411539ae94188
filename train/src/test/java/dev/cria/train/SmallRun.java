package dev.cria.train;

import dev.cria.data.TokenFixture;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A recipe small enough to train in a second, and what tests ask of a run. */
final class SmallRun {
    private SmallRun() {}

    /** Four-layer-deep seriousness is not needed here: 2 layers, 32 wide, sequences of 32 bytes, 3 uneven micro-batches an update. */
    static String yaml(Path data) {
        return """
            model: {preset: tiny, hidden_size: 32, intermediate_size: 64, layers: 2, heads: 4, key_value_heads: 2}
            data: [{path: '%s'}]
            training: {threads: 1, sequence_length: 32, micro_batch: 3, batch_sequences: 8, steps: 20, seed: 7}
            schedule: {peak: 1e-2, minimum: 1e-3, warmup_steps: 4}
            checkpoint: {every: 5, keep_last: 3}
            validation: {every: 5, tokens: 640}
            """.formatted(data);
    }

    static Path data(Path directory) throws IOException {
        return TokenFixture.write(directory.resolve("data"), TokenFixture.sentences(100, 3));
    }

    static Recipe recipe(Path data, String... settings) {
        return Recipe.parse(yaml(data), "small.yaml", Arrays.asList(settings));
    }

    static RunOptions options(Path directory) {
        return RunOptions.defaults().withRunDirectory(directory).withHandleSignals(false);
    }

    static RunOptions resume(Path directory) {
        return options(directory).withStart(RunOptions.Start.RESUME);
    }

    /** What a run says while it goes on. */
    static class Told implements TrainListener {
        final List<String> warnings = new ArrayList<>();
        final List<Long> checkpoints = new ArrayList<>();
        final List<Long> validations = new ArrayList<>();
        final List<Long> resumes = new ArrayList<>();
        final List<TrainingPlan> plans = new ArrayList<>();

        @Override
        public void onPlan(TrainingPlan plan) {
            plans.add(plan);
        }

        @Override
        public void onResume(long step, Path checkpoint) {
            resumes.add(step);
        }

        @Override
        public void onValidation(dev.cria.train.metrics.ValidationMetrics metrics) {
            validations.add(metrics.step());
        }

        @Override
        public void onCheckpoint(long step, Path directory, java.time.Duration took) {
            checkpoints.add(step);
        }

        @Override
        public void onWarning(String sentence) {
            warnings.add(sentence);
        }
    }

    /** Step, loss and gradient norm to the last bit, and what was measured. */
    static List<String> numbers(Path run) throws IOException {
        History history = History.read(run.resolve("metrics.jsonl"));
        Stream<String> steps = history.steps().stream().map(SmallRun::numbers);
        Stream<String> held = history.validations().stream()
                .map(v -> "validation " + v.step() + " " + v.loss() + " " + v.bitsPerByte());
        return Stream.concat(steps, held).toList();
    }

    private static String numbers(StepMetrics m) {
        return m.step() + " " + m.loss() + " " + m.gradientNorm() + " " + m.learningRate() + " " + m.tokens() + " "
                + m.skipped();
    }
}
