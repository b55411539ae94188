package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.model.TrainingNoise;
import dev.cria.train.Trainer.Resumed;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.recipe.Recipe;
import dev.cria.train.recipe.Recipe.Policy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** The loop: take a step, tell of it, and every so often save, measure and draw. A checkpoint is saved before anything is measured. */
final class TrainingLoop implements AutoCloseable {
    private final TrainingSetup setup;
    private final Recipe recipe;
    private final Timeline timeline;
    private final TrainListener listener;
    private final RunState state;
    private final BatchLoader loader;
    private final ValidationWatch held;
    private final Pace pace = new Pace();
    private final RunRecord record;
    private final RunningModel running;
    private final TaskScores scores;
    private Optional<Path> checkpoint = Optional.empty();
    private double loss = Double.NaN;

    TrainingLoop(TrainingSetup setup, TrainListener listener) {
        this.setup = setup;
        this.recipe = setup.recipe();
        this.timeline = setup.timeline();
        this.listener = listener;
        this.state = new RunState(setup);
        this.loader = new BatchLoader(timeline, setup.data(), recipe.training().microBatch());
        this.record = new RunRecord(setup.directory(), recipe.logging());
        Validator validator = new Validator(
                state.model(),
                setup.data()
                        .heldOut(
                                timeline,
                                setup.microBatch(),
                                recipe.validation().tokens()));
        this.held = new ValidationWatch(setup, state, validator, record, listener, this::save);
        this.running = new RunningModel(setup, state.model());
        this.scores = new TaskScores(setup, running, record, listener);
    }

    /**
     * Trains from the beginning or a checkpoint until the last step or until asked to stop.
     *
     * @param before what the starting model must be asked first
     */
    TrainingResult run(Optional<Resumed> resumed, Optional<StartingModelTask> before, BooleanSupplier stopRequested) {
        if (resumed.isEmpty() || before.isPresent()) {
            state.initialize();
        }
        int capacity = setup.microBatch() * timeline.sequenceLength();
        boolean stop = before.isPresent() && !before.get().run(state.model(), capacity, listener, stopRequested);
        if (resumed.isPresent()) {
            state.restore(resumed.get().state(), resumed.get().checkpoint());
            checkpoint = Optional.of(resumed.get().checkpoint());
        }
        record.open(state.step());
        if (!stop) {
            goOn(stopRequested);
        }
        while (!isAtEnd() && !stop) {
            step();
            stop = stopRequested.getAsBoolean();
            boolean last = stop || isAtEnd();
            if (last || isDue(recipe.checkpoint().every())) {
                save();
            }
            held.measure();
            if (held.isExhausted()) {
                last = true;
                save();
            }
            if (!stop && !scores.measure(state.step(), held.isExhausted(), stopRequested)) {
                // Asked to stop while tasks were run: the next step is not begun.
                stop = true;
                last = true;
                save();
            }
            if (last || isDue(recipe.logging().curvesEvery())) {
                draw();
            }
        }
        TrainingResult result = new TrainingResult(
                state.step(),
                loss,
                held.last(),
                scores.last(),
                checkpoint,
                held.best(),
                isAtEnd() && state.step() < timeline.steps(),
                isAtEnd(),
                setup.directory().path());
        listener.onDone(result);
        return result;
    }

    /** Whether there is nothing left to do: all steps are done, or the run has ended early. */
    private boolean isAtEnd() {
        return state.step() == timeline.steps() || held.isExhausted();
    }

    private boolean isDue(long every) {
        return every > 0 && state.step() % every == 0;
    }

    private void step() {
        long step = state.step() + 1;
        long start = System.nanoTime();
        List<MicroBatch> batches = take(step);
        long tokens = batches.stream().mapToLong(each -> each.batch().tokens()).sum();
        double weight = batches.stream().mapToDouble(MicroBatch::weight).sum();
        state.model().zeroGradients();
        LossSums sums = new LossSums();
        for (int i = 0; i < batches.size(); i++) {
            state.model().draw(noise(step, i));
            batches.get(i).learn(state.model(), 1.0 / weight, sums);
        }
        // The one wait of a step: a device that works beside the host has done all of it when the norm is there; the
        // losses lie ready then.
        double norm = state.optimizer().gradientNorm(state.model().gradients(), 1);
        loss = sums.mean();
        double rate = timeline.learningRate(step);
        Optional<Trouble> trouble = Trouble.find(step, loss, norm, state.watch(), recipe.safety());
        if (trouble.isEmpty()) {
            state.optimizer().update(state.model().gradients(), rate, 1, norm);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        pace.add(tokens, seconds);
        StepMetrics metrics = new StepMetrics(
                step,
                timeline.stageAt(step).name(),
                loss,
                rate,
                norm,
                timeline.tokensAfter(step),
                seconds,
                tokens / seconds,
                tokens / seconds * setup.flopsPerToken(),
                tokens / seconds * setup.flopsPerToken() / setup.peakFlops(),
                System.currentTimeMillis() / 1e3,
                trouble.map(Trouble::word),
                sums.means());
        record.write(metrics);
        if (trouble.isPresent()) {
            leaveOut(trouble.get());
        } else {
            state.updated(loss);
        }
        listener.onStep(metrics, pace.timeFor(timeline.tokens() - timeline.tokensAfter(step)));
    }

    private TrainingNoise noise(long step, int microBatch) {
        double alpha = recipe.chat().map(Recipe.Chat::neftuneAlpha).orElse(0.0);
        return TrainingNoise.of(recipe.training().seed(), step, microBatch, alpha);
    }

    private List<MicroBatch> take(long step) {
        try {
            return loader.take(step);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw UserError.failed("interrupted while reading the data of step " + step, "resume the run");
        }
    }

    private void leaveOut(Trouble trouble) {
        boolean tooMany = state.skipsInRow() >= recipe.safety().maximumSkips();
        if (trouble.policy() == Policy.SKIP && !tooMany) {
            state.skipped();
            listener.onWarning(trouble.sentence() + ": its update is left out");
            return;
        }
        // The update was not made, so this is still the state after the step before: keep it if it is any good.
        if (state.step() > 0 && state.isSound()) {
            save();
        }
        draw();
        throw UserError.failed(
                trouble.sentence() + (tooMany ? ", after " + state.skipsInRow() + " skipped steps in a row" : "")
                        + ": stopped; "
                        + lastGood(),
                "lower schedule.peak, or look at the data of that step; safety.on_" + trouble.word()
                        + "=skip leaves single ones out");
    }

    private String lastGood() {
        return checkpoint.map(path -> "the last good checkpoint is " + path).orElse("there is no checkpoint yet");
    }

    private void save() {
        if (setup.store().newest().map(newest -> newest.step() == state.step()).orElse(false)) {
            return;
        }
        if (!state.isSound()) {
            draw();
            throw UserError.failed(
                    "step " + state.step() + ": after its update the weights are not all finite: stopped; "
                            + lastGood(),
                    "lower schedule.peak");
        }
        long start = System.nanoTime();
        record.sync();
        Path saved = state.save();
        checkpoint = Optional.of(saved);
        listener.onCheckpoint(state.step(), saved, Duration.ofNanos(System.nanoTime() - start));
        try (LlamaModel learnt = running.get().withTextOf(saved, true)) {
            listener.onLearnt(state.step(), learnt);
        }
    }

    /** Goes on from what an earlier part of the run logged. */
    private void goOn(BooleanSupplier stopRequested) {
        History history = record.history();
        if (!history.steps().isEmpty()) {
            loss = history.steps().getLast().loss();
        }
        held.goOn(history);
        scores.goOn(state.step(), held.isExhausted(), history, stopRequested);
    }

    private void draw() {
        record.draw().ifPresent(listener::onWarning);
    }

    @Override
    public void close() {
        loader.close();
        record.close();
        running.close();
        state.close();
    }
}
