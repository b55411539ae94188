package dev.cria.train;

import dev.cria.model.TrainableLlama;
import dev.cria.model.TrainableParameters;
import dev.cria.text.Tokenizers;
import dev.cria.train.checkpoint.TensorFiles;
import dev.cria.train.checkpoint.TrainerState;
import dev.cria.train.checkpoint.ValidationTrack;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/** Everything that changes from step to step, and its way to and from a checkpoint. */
final class RunState implements AutoCloseable {
    private static final String OPTIMIZER = "optimizer.safetensors";

    private final TrainingSetup setup;
    private final TrainableLlama model;
    private final LearntFiles learnt;
    private final AdamW optimizer;
    private final SpikeWatch watch;
    private long step;
    private long skips;
    private long skipsInRow;
    private ValidationTrack validation = ValidationTrack.NONE;

    RunState(TrainingSetup setup) {
        this.setup = setup;
        this.model = setup.newModel();
        this.learnt = LearntFiles.of(setup, model);
        this.optimizer = new AdamW(
                setup.device(), model.trained(), model.rounded(), setup.recipe().optimizer());
        this.watch = new SpikeWatch(setup.recipe().safety().spikeThreshold());
    }

    /** Step 0. */
    void initialize() {
        learnt.initialize();
        model.parametersChanged();
    }

    /** The state of a verified checkpoint, read into the live tensors. */
    void restore(TrainerState state, Path checkpoint) {
        learnt.read(checkpoint);
        model.parametersChanged();
        TensorFiles.read(checkpoint.resolve(OPTIMIZER), moments(), setup.device());
        optimizer.resumeAt(state.updates());
        watch.restore(
                state.recentLosses().stream().mapToDouble(Double::doubleValue).toArray());
        step = state.step();
        skips = state.skips();
        skipsInRow = state.skipsInRow();
        validation = state.validation();
    }

    /** Saves a checkpoint; see {@code CheckpointStore.save} for what happens when it cannot be. */
    Path save() {
        Timeline timeline = setup.timeline();
        TrainerState state = new TrainerState(
                step,
                timeline.stageAt(Math.max(1, step)).name(),
                timeline.samplesAfter(step),
                timeline.tokensAfter(step),
                optimizer.updates(),
                skips,
                skipsInRow,
                setup.recipe().training().seed(),
                Arrays.stream(watch.window()).boxed().toList(),
                validation,
                setup.identity(),
                setup.recipe().toYaml());
        return setup.store().save(state, this::write);
    }

    private void write(Path directory) throws IOException {
        learnt.write(directory);
        if (setup.tokenizerPath().isPresent()) {
            Tokenizers.copyFiles(setup.tokenizerPath().get(), directory);
        }
        setup.data().writeTokenizerFiles(directory);
        TensorFiles.write(directory.resolve(OPTIMIZER), moments(), setup.device());
    }

    private Map<String, TrainableParameters> moments() {
        return Map.of("exp_avg", optimizer.firstMoment(), "exp_avg_sq", optimizer.secondMoment());
    }

    /** Whether every weight and moment is finite, so that the state is worth keeping. */
    boolean isSound() {
        var kernels = setup.device().kernels();
        return Double.isFinite(kernels.sumOfSquares(model.trained().flat()))
                && Double.isFinite(kernels.sumOfSquares(optimizer.firstMoment().flat()))
                && Double.isFinite(kernels.sum(optimizer.secondMoment().flat()));
    }

    /** The step ended with an update. */
    void updated(double loss) {
        step++;
        skipsInRow = 0;
        watch.accept(loss);
    }

    /** The step ended without one. */
    void skipped() {
        step++;
        skips++;
        skipsInRow++;
    }

    TrainableLlama model() {
        return model;
    }

    AdamW optimizer() {
        return optimizer;
    }

    SpikeWatch watch() {
        return watch;
    }

    /** Steps done. */
    long step() {
        return step;
    }

    long skipsInRow() {
        return skipsInRow;
    }

    /** The held-out losses so far. */
    ValidationTrack validation() {
        return validation;
    }

    void setValidation(ValidationTrack track) {
        validation = track;
    }

    @Override
    public void close() {
        optimizer.close();
        model.close();
    }
}
