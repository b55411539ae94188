package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.train.metrics.EvaluationMetrics;
import dev.cria.train.metrics.EvaluationMetrics.Score;
import dev.cria.train.metrics.History;
import dev.cria.train.recipe.Recipe;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Runs the recipe's benchmark tasks at its steps. Nothing that goes wrong here touches the training: it is told, and the run goes on. */
final class TaskScores {
    private final Optional<TaskEvaluator> evaluator;
    private final Recipe.Evaluation asked;
    private final Supplier<LlamaModel> model;
    private final RunRecord record;
    private final TrainListener listener;
    private final long steps;
    private Optional<EvaluationMetrics> last = Optional.empty();

    /** @param model gives a view of the weights in training as they are */
    TaskScores(TrainingSetup setup, Supplier<LlamaModel> model, RunRecord record, TrainListener listener) {
        this.evaluator = setup.evaluator();
        this.asked = setup.recipe().evaluation();
        this.model = model;
        this.record = record;
        this.listener = listener;
        this.steps = setup.timeline().steps();
    }

    /** Whether the tasks are to be run after this step. */
    private boolean isDue(long step, boolean last) {
        return evaluator.isPresent() && asked.isDue(step, last ? step : steps);
    }

    /** What an earlier part of the run measured; runs what a kill kept it from measuring. */
    void goOn(long step, boolean ended, History history, BooleanSupplier stopRequested) {
        if (!history.evaluations().isEmpty()) {
            last = Optional.of(history.evaluations().getLast());
        }
        boolean done = last.map(each -> each.step() == step).orElse(false);
        if (step > 0 && !done) {
            measure(step, ended, stopRequested);
        }
    }

    /**
     * Runs the tasks where they are due.
     *
     * @param ended whether the run ends here, before its last step
     * @return false if that was broken off because a stop was requested
     */
    boolean measure(long step, boolean ended, BooleanSupplier stopRequested) {
        if (!isDue(step, ended)) {
            return true;
        }
        long start = System.nanoTime();
        Optional<List<Score>> scores;
        try {
            scores = evaluator.orElseThrow().measure(model.get(), stopRequested);
        } catch (RuntimeException | OutOfMemoryError e) {
            String why = e instanceof UserError error ? error.what() : e.toString();
            listener.onWarning("step " + step + ": the tasks could not be run, and training goes on: " + why);
            return true;
        }
        if (scores.isPresent()) {
            EvaluationMetrics metrics = new EvaluationMetrics(
                    step, scores.get(), (System.nanoTime() - start) / 1e9, System.currentTimeMillis() / 1e3);
            record.write(metrics);
            last = Optional.of(metrics);
            listener.onEvaluation(metrics);
        }
        return scores.isPresent();
    }

    /** The newest scores. */
    Optional<EvaluationMetrics> last() {
        return last;
    }
}
