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
 * @param best the checkpoint of the lowest held-out loss, where the recipe keeps it
 * @param early whether the run ended before its last step because the held-out loss did not fall any more
 * @param complete whether the run came to its end, all steps or an early one; false after a signal
 * @param directory the run's directory
 */
public record TrainingResult(
        long steps,
        double loss,
        Optional<ValidationMetrics> validation,
        Optional<EvaluationMetrics> evaluation,
        Optional<Path> checkpoint,
        Optional<Best> best,
        boolean early,
        boolean complete,
        Path directory) {
    /** Of a run that was only planned. */
    static TrainingResult none(Path directory) {
        return new TrainingResult(
                0,
                Double.NaN,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false,
                false,
                directory);
    }

    /** A checkpoint, the steps done when it was taken, and its held-out loss in nats a token. */
    public record Best(long step, double loss, Path checkpoint) {}
}
