package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.model.Capacity;
import dev.cria.model.LlamaConfig;
import dev.cria.tensor.Device;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.checkpoint.TrainerState;
import dev.cria.train.metrics.Curves;
import dev.cria.train.metrics.History;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Runs a recipe: opens what it names, checks that all of it fits together, tells the plan, and trains. What is trained at a step is a pure
 * function of (recipe, seed, step); neither threads, restarts nor the clock have a part in it.
 */
public final class Trainer {
    private Trainer() {}

    /**
     * Trains until the recipe's last step, or until it is asked to stop.
     *
     * @throws UserError with exit code 2 if something is refused before it starts, with 1 if the run fails: a NaN or spike under policy stop,
     *     a full disk
     */
    public static TrainingResult run(Recipe asked, RunOptions options, TrainListener listener) {
        return run(asked, options, listener, TrainingDevice::open);
    }

    /** The same on another device than the recipe's. */
    static TrainingResult run(
            Recipe asked, RunOptions options, TrainListener listener, Function<Recipe, TrainingDevice> devices) {
        RunDirectory directory = RunDirectory.of(asked, options);
        try (TrainingSource data = TrainingSource.open(asked, listener::onReading);
                TrainingDevice device = devices.apply(asked);
                Bases bases = new Bases()) {
            Recipe completed = data.completed(asked);
            Optional<Path> tokenizerPath = completed.tokenizer().map(Path::of).or(data::tokenizerDirectory);
            Optional<Tokenizer> tokenizer = tokenizerPath.map(Tokenizers::load);
            requireSameTokenizer(data, tokenizer, tokenizerPath);
            LlamaConfig config = ModelShape.of(completed, tokenizer);
            int sequenceLength = completed.training().sequenceLength() == 0
                    ? config.maxPositionEmbeddings()
                    : completed.training().sequenceLength();
            Timeline timeline = Timeline.of(completed, sequenceLength, data.sample(sequenceLength));
            data.arrange(timeline, completed.training().seed());
            Optional<LoraBase> lora = bases.open(completed, config, device.device());
            CheckpointStore store = directory.store(completed);
            MemoryFit fit = MemoryFit.of(completed, config, timeline, lora, device);
            Recipe recipe = completed.withMicroBatch(microBatch(fit, options, directory, store));
            Capacity capacity = fit.capacity(recipe.training().microBatch());
            Map<String, String> identity = Identity.of(
                    recipe,
                    config,
                    timeline,
                    data,
                    tokenizer.map(Tokenizer::fingerprint),
                    device.device(),
                    device.precision(),
                    lora);
            Optional<TaskEvaluator> evaluator = evaluator(recipe, options, config, tokenizer);
            requireHeldOut(recipe, data, timeline);
            if (options.dryRun()) {
                TrainingPlan plan = plan(recipe, config, timeline, data, device, directory, evaluator, lora, fit, 0);
                listener.onPlan(plan);
                data.notices().forEach(listener::onNotice);
                return TrainingResult.none(directory.path());
            }
            fit.require(recipe.training().microBatch());
            directory.create();
            try (RunLock _ = RunLock.acquire(directory.path());
                    StopSignal stop = StopSignal.listen(options.handleSignals())) {
                store.deleteUnfinished();
                Optional<Resumed> resumed = start(options, directory, store, identity, listener);
                TrainingPlan plan = plan(
                        recipe,
                        config,
                        timeline,
                        data,
                        device,
                        directory,
                        evaluator,
                        lora,
                        fit,
                        resumed.map(r -> r.state().step()).orElse(0L));
                listener.onPlan(plan);
                data.notices().forEach(listener::onNotice);
                listener.onExamples(data.examples());
                resumed.ifPresent(r -> listener.onResume(r.state().step(), r.checkpoint()));
                directory.writeRecipe(recipe.toYaml());
                TrainingSetup setup = new TrainingSetup(
                        recipe,
                        config,
                        timeline,
                        data,
                        device.device(),
                        directory,
                        store,
                        tokenizerPath,
                        identity,
                        plan.flopsPerToken(),
                        plan.peakFlops(),
                        tokenizer,
                        evaluator,
                        lora,
                        capacity);
                try (TrainingLoop loop = new TrainingLoop(setup, listener)) {
                    return loop.run(
                            resumed,
                            data.beforeStart(directory, device.device(), answering(device, lora), listener),
                            () -> stop.isRequested() || options.stopRequested().getAsBoolean());
                }
            } catch (IOException e) {
                throw new UserError("cannot use " + directory.path() + ": " + e, "check permissions", e);
            }
        }
    }

    /** A run that goes on keeps the micro-batch that {@code auto} stood for: another sums in another order. */
    private static int microBatch(MemoryFit fit, RunOptions options, RunDirectory directory, CheckpointStore store) {
        boolean auto = fit.recipe().training().microBatch() == Recipe.Training.FITTING;
        boolean resumes =
                options.start() == RunOptions.Start.RESUME && store.newest().isPresent();
        return auto && resumes
                ? directory
                        .recipe()
                        .map(before -> before.training().microBatch())
                        .orElseGet(fit::microBatch)
                : fit.microBatch();
    }

    /** What the starting model's answers depend on beside its files: how products are rounded, and the base's weights as they are kept. */
    private static String answering(TrainingDevice device, Optional<LoraBase> lora) {
        return device.precision()
                + lora.map(base -> ", base " + base.fingerprint()).orElse("");
    }

    /** A checkpoint to go on from. */
    record Resumed(TrainerState state, Path checkpoint) {}

    private static Optional<Resumed> start(
            RunOptions options,
            RunDirectory directory,
            CheckpointStore store,
            Map<String, String> identity,
            TrainListener listener) {
        Optional<CheckpointStore.Entry> newest = store.newest();
        if (options.start() == RunOptions.Start.NEW && newest.isPresent()) {
            throw new UserError(
                    directory.path() + " already holds a run, at step "
                            + newest.get().step(),
                    "go on with --resume, delete it with --fresh, or name another directory");
        }
        if (options.start() != RunOptions.Start.RESUME || newest.isEmpty()) {
            directory.clear(store);
            return Optional.empty();
        }
        Path checkpoint = newest.get().directory();
        TrainerState state = CheckpointStore.verify(checkpoint);
        Identity.compare(state.identity(), identity, options.allowChanges()).forEach(listener::onWarning);
        return Optional.of(new Resumed(state, checkpoint));
    }

    /** Refuses what could not be measured later: before step 0, and in a dry run too. */
    private static Optional<TaskEvaluator> evaluator(
            Recipe recipe, RunOptions options, LlamaConfig config, Optional<Tokenizer> tokenizer) {
        if (recipe.evaluation().tasks().isEmpty()) {
            return Optional.empty();
        }
        TaskEvaluator.Planner planner = options.evaluators()
                .orElseThrow(() -> new UserError(
                        "the recipe's eval names tasks, and this program cannot run any",
                        "use cria pretrain, or leave eval out"));
        return Optional.of(planner.prepare(recipe.evaluation(), config, tokenizer));
    }

    /** Patience without anything to measure would wait for ever. */
    private static void requireHeldOut(Recipe recipe, TrainingSource data, Timeline timeline) {
        if (recipe.validation().patience().isPresent()
                && data.heldOut(timeline, 1, 1).isEmpty()) {
            throw new UserError(
                    "validation.patience waits for a lower loss on held-out data, and nothing is held out",
                    recipe.chat().isPresent()
                            ? "set chat.validation_fraction or chat.validation, or leave patience out"
                            : "prepare the data with a validation part, or leave patience out");
        }
    }

    private static void requireSameTokenizer(TrainingSource data, Optional<Tokenizer> tokenizer, Optional<Path> path) {
        Optional<String> made = data.tokenizerFingerprint();
        if (tokenizer.isPresent()
                && made.isPresent()
                && !made.get().equals(tokenizer.get().fingerprint())) {
            throw new UserError(
                    "the data was prepared with another tokenizer than "
                            + path.map(Path::toString).orElse(""),
                    "prepare the data again with this tokenizer, or name the one that was used");
        }
    }

    /** Closes the base that was opened, if one was. */
    private static final class Bases implements AutoCloseable {
        private Optional<LoraBase> opened = Optional.empty();

        Optional<LoraBase> open(Recipe recipe, LlamaConfig config, Device device) {
            opened = LoraBase.open(recipe, config, device);
            return opened;
        }

        @Override
        public void close() {
            opened.ifPresent(LoraBase::close);
        }
    }

    private static TrainingPlan plan(
            Recipe recipe,
            LlamaConfig config,
            Timeline timeline,
            TrainingSource data,
            TrainingDevice device,
            RunDirectory directory,
            Optional<TaskEvaluator> evaluator,
            Optional<LoraBase> lora,
            MemoryFit fit,
            long doneSteps) {
        List<List<TrainingPlan.DataUse>> uses = new ArrayList<>();
        for (int i = 0; i < timeline.stages().size(); i++) {
            uses.add(data.uses(i));
        }
        long trained = lora.map(LoraBase::parameters).orElse(config.parameters());
        // Weights and two moments, 4 bytes each; JSON and tokenizer files do not matter beside them.
        long checkpointBytes = 12 * trained;
        Recipe.Checkpoint checkpoint = recipe.checkpoint();
        long forEver = checkpoint.keepEvery() == 0 ? 0 : timeline.steps() / checkpoint.keepEvery();
        return new TrainingPlan(
                config,
                trained,
                timeline,
                uses,
                fit.memory(fit.capacity(recipe.training().microBatch())),
                fit.available(),
                doneSteps,
                checkpointBytes,
                checkpoint.keepLast() + 1 + (recipe.validation().keepBest() ? 1 : 0) + forEver,
                freeDisk(directory.path()),
                lora.map(base -> base.flopsPerToken(timeline.sequenceLength()))
                        .orElseGet(() -> config.trainingFlopsPerToken(timeline.sequenceLength())),
                PeakMeter.measure(device.device()),
                device.description(),
                directory.path(),
                evaluator.map(tasks ->
                        tasks.description() + ", " + recipe.evaluation().when()),
                recipe.toYaml());
    }

    /** Free bytes where the directory is, or will be. */
    private static long freeDisk(Path directory) {
        Path at = directory.toAbsolutePath();
        while (!Files.exists(at) && at.getParent() != null) {
            at = at.getParent();
        }
        try {
            return Files.getFileStore(at).getUsableSpace();
        } catch (IOException e) {
            throw new UserError("cannot look at the disk of " + at + ": " + e, "check the path", e);
        }
    }

    /**
     * Draws the curves of a run as they stand, whether it still goes on or not.
     *
     * @return why there is no PNG, if there is none
     */
    public static Optional<String> drawCurves(Path runDirectory) {
        RunDirectory run = new RunDirectory(runDirectory);
        try {
            return new Curves(String.valueOf(runDirectory.toAbsolutePath().getFileName()), History.read(run.metrics()))
                    .write(runDirectory);
        } catch (IOException e) {
            throw new UserError(
                    "cannot draw the curves of " + runDirectory + ": " + e, "name the directory of a run", e);
        }
    }
}
