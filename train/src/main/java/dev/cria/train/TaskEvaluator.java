package dev.cria.train;

import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.text.Tokenizer;
import dev.cria.train.metrics.EvaluationMetrics.Score;
import dev.cria.train.recipe.Recipe;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Benchmark tasks for the model in training. Training itself knows nothing of tasks: whoever starts a run brings this along. */
public interface TaskEvaluator {
    /** Makes evaluators of what recipes ask for. */
    @FunctionalInterface
    interface Planner {
        /**
         * Looks up all tasks and reads all their data, so that nothing is found wrong after step 0.
         *
         * @throws dev.cria.base.UserError where a task is unknown or cannot be run, or data is missing or damaged
         */
        TaskEvaluator prepare(Recipe.Evaluation asked, LlamaConfig config, Optional<Tokenizer> tokenizer);
    }

    /** What will be run, in a few words for the plan. */
    String description();

    /**
     * Runs the tasks. The model is a view of the weights in training, and is only read.
     *
     * @param stopRequested asked now and then
     * @return the scores; empty if the evaluation was broken off because a stop was requested
     */
    Optional<List<Score>> measure(LlamaModel model, BooleanSupplier stopRequested);
}
