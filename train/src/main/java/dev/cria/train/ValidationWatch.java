package dev.cria.train;

import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.checkpoint.ValidationTrack;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.ValidationMetrics;
import dev.cria.train.recipe.Recipe;
import java.util.Locale;
import java.util.Optional;

/**
 * Measures the held-out loss at the recipe's steps, sees to it that the checkpoint of the lowest one is kept, and says when it has not fallen
 * for as many measurements as the recipe's patience. All that it remembers is in the run's state, so a resumed run ends at the same step.
 */
final class ValidationWatch {
    private final Recipe.Validation asked;
    private final Validator validator;
    private final RunState state;
    private final CheckpointStore store;
    private final RunRecord record;
    private final TrainListener listener;
    private final Runnable save;
    private final long steps;
    private Optional<ValidationMetrics> last = Optional.empty();

    /** @param save saves a checkpoint of the present step, unless there is one */
    ValidationWatch(
            TrainingSetup setup,
            RunState state,
            Validator validator,
            RunRecord record,
            TrainListener listener,
            Runnable save) {
        this.asked = setup.recipe().validation();
        this.validator = validator;
        this.state = state;
        this.store = setup.store();
        this.record = record;
        this.listener = listener;
        this.save = save;
        this.steps = setup.timeline().steps();
    }

    private boolean isDue() {
        long step = state.step();
        return step > 0 && asked.every() > 0 && (step % asked.every() == 0 || step == steps) && validator.isPossible();
    }

    /** Goes on from what the log says; a kill between a save and the measurement after it leaves a gap, which is filled here. */
    void goOn(History history) {
        if (!history.validations().isEmpty()) {
            last = Optional.of(history.validations().getLast());
        }
        Optional<ValidationMetrics> done = last.filter(each -> each.step() == state.step());
        if (done.isPresent()) {
            observe(done.get());
        } else {
            measure();
        }
        requireBest();
    }

    /** Measures where that is due. */
    void measure() {
        if (!isDue()) {
            return;
        }
        ValidationMetrics metrics = validator.measure(state.step());
        record.write(metrics);
        last = Optional.of(metrics);
        listener.onValidation(metrics);
        observe(metrics);
    }

    private void observe(ValidationMetrics metrics) {
        ValidationTrack now = state.validation().after(metrics.step(), metrics.loss());
        boolean best = now.bestStep() == metrics.step();
        state.setValidation(now);
        if (best && asked.keepBest()) {
            save.run();
            store.markBest(metrics.step());
        }
        if (isExhausted()) {
            listener.onEarlyStop(sentence());
        }
    }

    /** The mark beside the checkpoints says what the state says, even where somebody deleted newer checkpoints by hand. */
    private void requireBest() {
        if (!asked.keepBest() || !state.validation().hasBest()) {
            return;
        }
        long step = state.validation().bestStep();
        if (store.list().stream().anyMatch(entry -> entry.step() == step)) {
            store.markBest(step);
        } else {
            listener.onWarning("the best checkpoint, of step " + step
                    + ", is not there any more; the next measurement is the best so far");
            state.setValidation(state.validation().withoutBest());
        }
    }

    /** Whether the run has waited for a lower loss as often as the recipe allows. */
    boolean isExhausted() {
        return asked.patience()
                .map(patience -> state.validation().withoutImprovement() >= patience)
                .orElse(false);
    }

    private String sentence() {
        ValidationTrack track = state.validation();
        String waited = track.withoutImprovement() == 1
                ? "the last measurement"
                : "the last " + track.withoutImprovement() + " measurements";
        return String.format(
                Locale.ROOT,
                "step %d: ends early: in %s the validation loss did not fall%s",
                state.step(),
                waited,
                track.hasBest()
                        ? String.format(Locale.ROOT, " below the %.4f of step %d", track.bestLoss(), track.bestStep())
                        : ", and it never was a number");
    }

    /** The newest measurement. */
    Optional<ValidationMetrics> last() {
        return last;
    }

    /** The checkpoint of the lowest loss, where the recipe keeps it. */
    Optional<TrainingResult.Best> best() {
        ValidationTrack track = state.validation();
        return asked.keepBest() && track.hasBest()
                ? store.best().map(entry -> new TrainingResult.Best(entry.step(), track.bestLoss(), entry.directory()))
                : Optional.empty();
    }
}
