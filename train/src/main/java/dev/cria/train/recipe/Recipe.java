package dev.cria.train.recipe;

import dev.cria.base.UserError;
import dev.cria.base.yaml.YamlTree;
import dev.cria.data.chat.ConversationOptions.OnBad;
import dev.cria.data.chat.ConversationOptions.OnLong;
import dev.cria.model.layers.Recompute;
import dev.cria.tensor.DeviceName;
import dev.cria.train.align.PreferenceSettings;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a training run is: model, data, stages, optimiser, schedule, and what to do when something goes wrong. Together with the seed it
 * decides every step. Defaults are TinyLlama's (arXiv 2401.02385). Paths are relative to the working directory.
 *
 * @param model the architecture
 * @param tokenizer directory or file of the tokenizer that the data was prepared with; copied into each checkpoint
 * @param training device, batch, length and seed
 * @param optimizer AdamW's constants
 * @param schedule the learning rate over all steps
 * @param stages at least one; what is read in which order
 * @param checkpoint when to save and what to keep
 * @param validation when to measure the held-out loss
 * @param evaluation benchmark tasks to run while training
 * @param logging metrics and pictures
 * @param safety what to do about NaN and loss spikes
 * @param chat for fine-tuning: the data are conversations, not prepared tokens
 * @param align for alignment: the data are pairs of conversations, read as {@code chat} says; a batch counts pairs
 * @param lora where present, an adapter learns and the model's own weights stay
 */
public record Recipe(
        Model model,
        Optional<String> tokenizer,
        Training training,
        Optimizer optimizer,
        Schedule schedule,
        List<Stage> stages,
        Checkpoint checkpoint,
        Validation validation,
        Evaluation evaluation,
        Logging logging,
        Safety safety,
        Optional<Chat> chat,
        Optional<PreferenceSettings> align,
        Optional<LoraSettings> lora) {

    /** Longest recipe that is read: 1 MB. */
    private static final long MAXIMUM_BYTES = 1 << 20;

    public Recipe {
        stages = List.copyOf(stages);
    }

    /**
     * Reads a recipe and applies {@code key.path=value} settings to it.
     *
     * @throws UserError if the file cannot be read, a key is unknown or a value out of range; the message names the line
     */
    public static Recipe read(Path file, List<String> settings) {
        try {
            if (Files.size(file) > MAXIMUM_BYTES) {
                throw new UserError(file + ": larger than 1 MB, which no recipe is", "give the YAML file of a recipe");
            }
            return parse(Files.readString(file), file.toString(), settings);
        } catch (NoSuchFileException e) {
            throw new UserError(file + ": no such recipe", "see the recipes folder", e);
        } catch (MalformedInputException e) {
            throw new UserError(file + ": not UTF-8 text", "give the YAML file of a recipe", e);
        } catch (IOException e) {
            throw new UserError(file + ": cannot be read: " + e.getMessage(), "", e);
        }
    }

    /** The same from text; {@code name} is what messages call it. */
    public static Recipe parse(String yaml, String name, List<String> settings) {
        return new RecipeReader(new YamlTree(yaml, name, "a recipe", "see recipes/quickstart.yaml for the shape")
                        .override(settings))
                .read();
    }

    /** The same with its only stage so many steps long, in place of epochs. */
    public Recipe withSteps(long steps) {
        Stage stage = stages.getFirst();
        return new Recipe(
                model,
                tokenizer,
                training,
                optimizer,
                schedule,
                List.of(new Stage(
                        stage.name(), new Length(steps, false), stage.batch(), stage.data(), stage.schedule())),
                checkpoint,
                validation,
                evaluation,
                logging,
                safety,
                chat.map(Chat::withoutEpochs),
                align,
                lora);
    }

    /** The same with micro-batches of so many sequences. */
    public Recipe withMicroBatch(int sequences) {
        return new Recipe(
                model,
                tokenizer,
                training.withMicroBatch(sequences),
                optimizer,
                schedule,
                stages,
                checkpoint,
                validation,
                evaluation,
                logging,
                safety,
                chat,
                align,
                lora);
    }

    /** The effective recipe, every value written out; {@link #parse} gives an equal one back. */
    public String toYaml() {
        return RecipeWriter.write(this);
    }

    /**
     * The architecture: a preset of {@code LlamaConfig}, some of its numbers replaced. The vocabulary's size comes from the tokenizer.
     *
     * @param preset such as {@code tinyllama-1.1b}; empty where {@code from} says everything
     * @param from a Hugging Face model directory whose weights to start from, in place of random ones
     */
    public record Model(
            String preset,
            Optional<Integer> hiddenSize,
            Optional<Integer> intermediateSize,
            Optional<Integer> layers,
            Optional<Integer> heads,
            Optional<Integer> keyValueHeads,
            Optional<Boolean> tieWordEmbeddings,
            Optional<String> from) {}

    /** A prepared dataset and its share of the samples; shares are relative to their sum. */
    public record Data(String path, double weight) {}

    /**
     * A part of the run with its own data and batch.
     *
     * @param length in steps or tokens
     * @param batch sequences or tokens in an update
     * @param schedule its own learning rate, counted from the stage's first step; where absent, the recipe's over all steps
     */
    public record Stage(String name, Length length, Batch batch, List<Data> data, Optional<Schedule> schedule) {
        public Stage {
            data = List.copyOf(data);
        }
    }

    /** A number of updates, or of tokens (rounded up to whole updates). */
    public record Length(long amount, boolean inTokens) {}

    /** The size of an update in sequences, or in tokens (rounded to whole sequences). */
    public record Batch(long amount, boolean inTokens) {}

    /** Arithmetic of the matrix products; {@code AUTO} takes bf16 where the matrix engine executes it, and on a GPU. FP8 is for a GPU alone. */
    public enum Precision {
        F32,
        BF16,
        FP8,
        AUTO
    }

    /**
     * @param device where it runs
     * @param threads of the CPU; 0 for as many as the machine has cores
     * @param sequenceLength T; 0 for the model's context
     * @param microBatch sequences in one forward and backward pass; {@link #FITTING} for as many as memory holds
     * @param recompute what the backward pass computes again instead of keeping
     */
    public record Training(
            DeviceName device,
            Precision precision,
            int threads,
            int sequenceLength,
            int microBatch,
            Recompute recompute,
            long seed) {
        /** The micro-batch that {@code auto} stands for until the memory is known. */
        public static final int FITTING = 0;

        Training withMicroBatch(int sequences) {
            return new Training(device, precision, threads, sequenceLength, sequences, recompute, seed);
        }
    }

    /** Which parameters decay: matrices (embedding included) or everything, as TinyLlama does. */
    public enum Decay {
        MATRICES,
        ALL
    }

    /** @param clip largest global gradient norm; 0 for no clipping */
    public record Optimizer(double beta1, double beta2, double epsilon, double weightDecay, Decay decay, double clip) {}

    /** Shape of the learning rate over the steps. */
    public enum ScheduleKind {
        COSINE,
        WSD,
        LINEAR,
        CONSTANT
    }

    /**
     * @param warmupRatio the warm-up as a share of the steps, in place of {@code warmupSteps}
     * @param decaySteps length of WSD's final decay; the others ignore it
     */
    public record Schedule(
            ScheduleKind kind,
            double peak,
            double minimum,
            long warmupSteps,
            Optional<Double> warmupRatio,
            Optional<Long> decaySteps) {
        /** A schedule that says its warm-up in steps. */
        public Schedule(ScheduleKind kind, double peak, double minimum, long warmupSteps, Optional<Long> decaySteps) {
            this(kind, peak, minimum, warmupSteps, Optional.empty(), decaySteps);
        }

        /** Steps of the warm-up in a run of so many. */
        public long warmup(long steps) {
            return warmupRatio.map(ratio -> (long) Math.ceil(ratio * steps)).orElse(warmupSteps);
        }
    }

    /**
     * @param directory where the run lives
     * @param every steps between two saves; 0 for the end only
     * @param keepLast newest checkpoints kept
     * @param keepEvery steps whose multiples are kept for ever; 0 for none
     */
    public record Checkpoint(Optional<String> directory, long every, int keepLast, long keepEvery) {}

    /**
     * @param every steps between two measurements; 0 for none
     * @param tokens held-out tokens to measure on
     * @param patience measurements in a row without a lower loss that end the run; where absent, it goes on to its last step
     * @param keepBest whether the checkpoint of the lowest loss is kept, whatever {@code checkpoint} says, and one is saved at each lower loss
     */
    public record Validation(long every, long tokens, Optional<Integer> patience, boolean keepBest) {}

    /**
     * Benchmark tasks that are run on the model in training, always after the last step too. They change nothing in the training.
     *
     * @param tasks names of tasks and groups; none for no evaluation
     * @param data the folder of the tasks' rows; where absent, the program that runs the recipe has them from elsewhere
     * @param definitions a YAML file, or a folder of them, with tasks of one's own
     * @param every steps between two evaluations; 0 for the end only
     * @param steps more steps to evaluate after
     * @param limit most documents of a task; all where absent
     * @param shots examples before each document; the tasks' own number where absent
     * @param maxNewTokens most tokens that are generated for a document; the tasks' own number where absent
     */
    public record Evaluation(
            List<String> tasks,
            Optional<String> data,
            Optional<String> definitions,
            long every,
            List<Long> steps,
            Optional<Integer> limit,
            Optional<Integer> shots,
            Optional<Integer> maxNewTokens) {
        public Evaluation {
            tasks = List.copyOf(tasks);
            steps = List.copyOf(steps);
        }

        /** Whether the tasks are run after this step of a run of {@code last} steps. */
        public boolean isDue(long step, long last) {
            return step == last || (every > 0 && step % every == 0) || steps.contains(step);
        }

        /** The same in words. */
        public String when() {
            String listed = steps.isEmpty()
                    ? ""
                    : "after step " + steps.stream().map(String::valueOf).collect(Collectors.joining(", ")) + ", ";
            return listed + (every > 0 ? "every %,d steps and ".formatted(every) : "") + "at the end";
        }
    }

    /** @param curvesEvery steps between two drawings of the curves; 0 for the end only */
    public record Logging(boolean tensorboard, long curvesEvery) {}

    /** What to do at a step whose loss cannot be trusted: leave the update out, or stop the run. */
    public enum Policy {
        SKIP,
        STOP
    }

    /**
     * @param spikeThreshold nats over the running median that make a loss a spike; 0 to switch the watch off
     * @param maximumSkips skips in a row after which the run stops whatever the policy
     */
    public record Safety(Policy onNan, Policy onSpike, double spikeThreshold, int maximumSkips) {}

    /** What the loss is taken on. */
    public enum TrainOn {
        ASSISTANT,
        EVERYTHING
    }

    /**
     * How conversations are learnt from.
     *
     * @param template zephyr, chatml or a file; where absent, the model's own
     * @param epochs passes over the conversations; where absent, the stage's length says how long to train
     * @param validation files of conversations to measure on
     * @param validationFraction where there are no such files, share of the conversations to hold out
     * @param samples conversations to answer at each checkpoint, to show what was learnt
     * @param neftuneAlpha strength of the noise on embeddings while learning (NEFTune, arXiv 2310.05914); 0 for none
     */
    public record Chat(
            Optional<String> template,
            TrainOn trainOn,
            OnBad onBad,
            OnLong onLong,
            Optional<Integer> epochs,
            List<String> validation,
            double validationFraction,
            int samples,
            double neftuneAlpha) {
        public Chat {
            validation = List.copyOf(validation);
        }

        Chat withoutEpochs() {
            return new Chat(
                    template,
                    trainOn,
                    onBad,
                    onLong,
                    Optional.empty(),
                    validation,
                    validationFraction,
                    samples,
                    neftuneAlpha);
        }
    }
}
