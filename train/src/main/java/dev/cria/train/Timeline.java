package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.train.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;

/**
 * Which stage, samples and learning rate each step has: pure arithmetic on the recipe, so that a step can be looked up without the ones
 * before it.
 *
 * @param stages in order; at least one
 * @param sequenceLength T
 * @param sample what a batch counts
 */
public record Timeline(List<Stage> stages, int sequenceLength, Sample sample) {
    /**
     * A stage with its place in the run.
     *
     * @param recipe what the recipe says of it
     * @param firstStep number of its first step; the run's first is 1
     * @param steps its length
     * @param batchSequences sequences in an update, or pairs
     * @param firstSample samples that earlier stages read
     * @param schedule its learning rate
     * @param scheduleStart steps before the one that {@code schedule} counts as 1
     */
    public record Stage(
            Recipe.Stage recipe,
            long firstStep,
            long steps,
            int batchSequences,
            long firstSample,
            LearningRateSchedule schedule,
            long scheduleStart) {
        public String name() {
            return recipe.name();
        }

        public long lastStep() {
            return firstStep + steps - 1;
        }

        public long samples() {
            return steps * batchSequences;
        }
    }

    public Timeline {
        stages = List.copyOf(stages);
    }

    /**
     * @throws UserError if a batch is smaller than one sequence, or a warm-up or decay longer than the steps it belongs to
     */
    public static Timeline of(Recipe recipe, int sequenceLength, Sample sample) {
        long total = 0;
        for (Recipe.Stage stage : recipe.stages()) {
            total = Math.addExact(total, steps(stage, sequenceLength, sample));
        }
        LearningRateSchedule whole = schedule("schedule", recipe.schedule(), total);
        List<Stage> stages = new ArrayList<>();
        long step = 1;
        long first = 0;
        for (Recipe.Stage stage : recipe.stages()) {
            long steps = steps(stage, sequenceLength, sample);
            boolean own = stage.schedule().isPresent();
            LearningRateSchedule schedule = own
                    ? schedule(stage.name() + "'s schedule", stage.schedule().get(), steps)
                    : whole;
            Stage placed = new Stage(
                    stage, step, steps, batchSequences(stage, sequenceLength), first, schedule, own ? step - 1 : 0);
            stages.add(placed);
            step += steps;
            first = Math.addExact(first, placed.samples());
        }
        return new Timeline(stages, sequenceLength, sample);
    }

    /** The same where a batch counts rows of T tokens. */
    public static Timeline of(Recipe recipe, int sequenceLength) {
        return of(recipe, sequenceLength, Sample.sequence(sequenceLength));
    }

    private static int batchSequences(Recipe.Stage stage, int sequenceLength) {
        Recipe.Batch batch = stage.batch();
        if (!batch.inTokens()) {
            return Math.toIntExact(batch.amount());
        }
        long sequences = Math.round((double) batch.amount() / sequenceLength);
        if (sequences < 1) {
            throw new UserError(
                    "stage " + stage.name() + ": batch_tokens is " + batch.amount() + ", less than half a sequence of "
                            + sequenceLength,
                    "raise it, or lower training.sequence_length");
        }
        return Math.toIntExact(sequences);
    }

    private static long steps(Recipe.Stage stage, int sequenceLength, Sample sample) {
        long amount = stage.length().amount();
        return stage.length().inTokens()
                ? (long) Math.ceil(amount / (batchSequences(stage, sequenceLength) * sample.tokens()))
                : amount;
    }

    private static LearningRateSchedule schedule(String name, Recipe.Schedule schedule, long steps) {
        if (schedule.warmup(steps) > steps || schedule.decaySteps().orElse(0L) > steps - schedule.warmup(steps)) {
            throw new UserError(
                    name + ": warm-up" + (schedule.decaySteps().isPresent() ? " and decay are" : " is")
                            + " longer than its " + steps + " steps",
                    "lower warmup_steps" + (schedule.decaySteps().isPresent() ? " or decay_steps" : ""));
        }
        return LearningRateSchedule.of(schedule, steps);
    }

    /** Steps of the whole run. */
    public long steps() {
        return stages.getLast().lastStep();
    }

    /** Tokens of the whole run. */
    public long tokens() {
        return tokensAfter(steps());
    }

    /** The stage of a step, from 1. */
    public Stage stageAt(long step) {
        for (Stage stage : stages) {
            if (step >= stage.firstStep() && step <= stage.lastStep()) {
                return stage;
            }
        }
        throw new IndexOutOfBoundsException("step " + step + " of " + steps());
    }

    /** Sequences of the largest micro-batch of any stage, where they have at most {@code wanted} samples. */
    int largestMicroBatch(int wanted) {
        return stages.stream()
                .mapToInt(stage -> Math.min(stage.batchSequences(), wanted) * sample.sequences())
                .max()
                .orElseThrow();
    }

    public double learningRate(long step) {
        Stage stage = stageAt(step);
        return stage.schedule().at(step - stage.scheduleStart());
    }

    /** Samples read by steps 1 to {@code step}: the global index of the next one. */
    public long samplesAfter(long step) {
        if (step == 0) {
            return 0;
        }
        Stage stage = stageAt(step);
        return stage.firstSample() + (step - stage.firstStep() + 1) * stage.batchSequences();
    }

    /** Tokens trained on by steps 1 to {@code step}; about, where samples differ in length. */
    public long tokensAfter(long step) {
        return Math.round(samplesAfter(step) * sample.tokens());
    }
}
