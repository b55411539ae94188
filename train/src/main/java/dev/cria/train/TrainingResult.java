package dev.cria.train;

import dev.cria.train.metrics.EvaluationMetrics;
import dev.cria.train.metrics.ValidationMetrics;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param steps updates done in all, earlier parts of a resumed run included
 * @param loss loss of the last step; NaN where there was none
 * @param validation the last measurement on held-out text, if there was one
 * @param evaluation the last scores of benchmark tasks, if there were any
 * @param checkpoint the newest checkpoint, a Hugging Face model directory, if one was written
 * @param complete whether all steps of the recipe are done; false after a signal
 * @param directory the run's directory
 */
public record TrainingResult(
        long steps,
        double loss,
        Optional<ValidationMetrics> validation,
        Optional<EvaluationMetrics> evaluation,
        Optional<Path> checkpoint,
        boolean complete,
        Path directory) {}
