package dev.cria.train;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * How a recipe is run this time.
 *
 * @param start what to do with a run that is already in the directory
 * @param dryRun say the plan and stop
 * @param runDirectory where the run lives; else {@code checkpoint.directory} of the recipe
 * @param allowChanges resume although the recipe, data or tokenizer changed in a way that alters the sequence of steps
 * @param handleSignals save and stop on SIGTERM and SIGINT; a second signal ends the process at once
 * @param stopRequested asked after each step; true saves and stops
 * @param evaluators what makes the recipe's {@code eval} possible; without it such a recipe is refused
 */
public record RunOptions(
        Start start,
        boolean dryRun,
        Optional<Path> runDirectory,
        boolean allowChanges,
        boolean handleSignals,
        BooleanSupplier stopRequested,
        Optional<TaskEvaluator.Planner> evaluators) {
    /** What to do with a run that is already in the directory. */
    public enum Start {
        /** Refuse to touch it. */
        NEW,
        /** Go on from its newest checkpoint; begin where there is none. */
        RESUME,
        /** Delete its checkpoints and metrics, and begin. */
        ANEW
    }

    /** A new run, in the recipe's directory, that handles signals. */
    public static RunOptions defaults() {
        return new RunOptions(Start.NEW, false, Optional.empty(), false, true, () -> false, Optional.empty());
    }

    public RunOptions withStart(Start other) {
        return new RunOptions(other, dryRun, runDirectory, allowChanges, handleSignals, stopRequested, evaluators);
    }

    public RunOptions withDryRun(boolean dry) {
        return new RunOptions(start, dry, runDirectory, allowChanges, handleSignals, stopRequested, evaluators);
    }

    public RunOptions withRunDirectory(Path directory) {
        return new RunOptions(
                start, dryRun, Optional.of(directory), allowChanges, handleSignals, stopRequested, evaluators);
    }

    public RunOptions withAllowChanges(boolean allow) {
        return new RunOptions(start, dryRun, runDirectory, allow, handleSignals, stopRequested, evaluators);
    }

    public RunOptions withHandleSignals(boolean handle) {
        return new RunOptions(start, dryRun, runDirectory, allowChanges, handle, stopRequested, evaluators);
    }

    public RunOptions withStopRequested(BooleanSupplier requested) {
        return new RunOptions(start, dryRun, runDirectory, allowChanges, handleSignals, requested, evaluators);
    }

    public RunOptions withEvaluators(TaskEvaluator.Planner planner) {
        return new RunOptions(
                start, dryRun, runDirectory, allowChanges, handleSignals, stopRequested, Optional.of(planner));
    }
}
