package dev.cria.train;

import dev.cria.data.chat.Conversation;
import dev.cria.model.LlamaModel;
import dev.cria.train.metrics.EvaluationMetrics;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.metrics.ValidationMetrics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What a run tells while it goes on; a command line draws it. Called on the thread that trains, in order. */
public interface TrainListener {
    /** A large set of conversations is being read: rows so far, and the share of its bytes, 0 to 1. */
    default void onReading(long rows, double share) {}

    /** Before anything is trained. */
    default void onPlan(TrainingPlan plan) {}

    /** What the data is like, before anything is trained. One sentence. */
    default void onNotice(String sentence) {}

    /** Conversations whose answers show what was learnt, before anything is trained; none where the data are no conversations. */
    default void onExamples(List<Conversation> examples) {}

    /** The starting model is asked about preference pairs, before anything is trained; {@code remaining} is an estimate. */
    default void onReference(long done, long pairs, Duration remaining) {}

    /** A run goes on from a checkpoint. */
    default void onResume(long step, Path checkpoint) {}

    /** An update was done, or left out ({@link StepMetrics#skipped}). {@code remaining} is an estimate from the last steps' speed. */
    default void onStep(StepMetrics metrics, Duration remaining) {}

    default void onValidation(ValidationMetrics metrics) {}

    /** Benchmark tasks were run, as the recipe's {@code eval} asks. */
    default void onEvaluation(EvaluationMetrics metrics) {}

    default void onCheckpoint(long step, Path directory, Duration took) {}

    /** What is learnt so far, after a checkpoint; with the tokenizer and the template that lie there. Valid during the call. */
    default void onLearnt(long step, LlamaModel model) {}

    /** The run ends before its last step, because the held-out loss did not fall any more. One sentence. */
    default void onEarlyStop(String sentence) {}

    /** Something the user should read at once: a spike, a NaN, a setting that could not be had. One sentence. */
    default void onWarning(String sentence) {}

    /** The run ended: all steps are done, or it was asked to stop. */
    default void onDone(TrainingResult result) {}
}
