package dev.cria.train.recipe;

import dev.cria.base.yaml.YamlSection;
import dev.cria.base.yaml.YamlTree;
import dev.cria.train.align.PreferenceSettings;
import dev.cria.train.recipe.Recipe.Batch;
import dev.cria.train.recipe.Recipe.Chat;
import dev.cria.train.recipe.Recipe.Checkpoint;
import dev.cria.train.recipe.Recipe.Data;
import dev.cria.train.recipe.Recipe.Decay;
import dev.cria.train.recipe.Recipe.Evaluation;
import dev.cria.train.recipe.Recipe.Length;
import dev.cria.train.recipe.Recipe.Logging;
import dev.cria.train.recipe.Recipe.Model;
import dev.cria.train.recipe.Recipe.Optimizer;
import dev.cria.train.recipe.Recipe.Policy;
import dev.cria.train.recipe.Recipe.Safety;
import dev.cria.train.recipe.Recipe.Schedule;
import dev.cria.train.recipe.Recipe.ScheduleKind;
import dev.cria.train.recipe.Recipe.Stage;
import dev.cria.train.recipe.Recipe.Training;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** From tree to {@link Recipe}: every key, its default and its range stand here and in the readers of sections, and nowhere else. */
final class RecipeReader {
    static final long MAXIMUM_STEPS = 1_000_000_000_000L;
    static final long MAXIMUM_TOKENS = 1_000_000_000_000_000L;
    static final int MAXIMUM_SIZE = 1 << 20;

    /** Stands for the number of steps until the data says how many an epoch has. */
    private static final long EPOCHS_DECIDE = 0;

    private final YamlTree tree;

    RecipeReader(YamlTree tree) {
        this.tree = tree;
    }

    Recipe read() {
        YamlSection root = tree.section();
        YamlSection trainingSection = root.section("training");
        Training training = TrainingReader.read(trainingSection);
        Schedule schedule = schedule(root.section("schedule"));
        Optional<PreferenceSettings> align =
                root.has("align") ? Optional.of(AlignReader.read(root.section("align"))) : Optional.empty();
        Optional<Chat> chat = root.has("chat") || align.isPresent()
                ? Optional.of(ChatReader.read(root.section("chat"), align.isPresent()))
                : Optional.empty();
        Recipe recipe = new Recipe(
                model(root.section("model"), chat.isPresent()),
                root.text("tokenizer"),
                training,
                optimizer(root.section("optimizer")),
                schedule,
                stages(root, trainingSection, chat, align.isPresent()),
                checkpoint(root.section("checkpoint")),
                ValidationReader.read(root.section("validation"), chat.isPresent()),
                evaluation(root.section("eval")),
                logging(root.section("logging")),
                safety(root.section("safety"), align.map(AlignReader::spikeThreshold)),
                chat,
                align,
                root.has("lora") ? Optional.of(LoraReader.read(root.section("lora"))) : Optional.empty());
        root.finish();
        if (recipe.lora().isPresent() && recipe.model().from().isEmpty()) {
            throw root.refuse("lora", "needs a model to adapt", "name it in model.from");
        }
        return recipe;
    }

    private static Model model(YamlSection section, boolean chat) {
        if (chat && section.text("from").isEmpty()) {
            throw section.refuse("from", "is missing", "name the model to fine-tune: its folder, or a pulled model");
        }
        Model model = new Model(
                section.text("preset")
                        .or(() -> section.has("from") ? Optional.of("") : Optional.empty())
                        .orElseThrow(() -> section.refuse(
                                "preset",
                                "is missing",
                                "name a preset, such as tinyllama-120m; other keys change its numbers")),
                section.integer("hidden_size", 1, MAXIMUM_SIZE),
                section.integer("intermediate_size", 1, MAXIMUM_SIZE),
                section.integer("layers", 1, 10_000),
                section.integer("heads", 1, 10_000),
                section.integer("key_value_heads", 1, 10_000),
                section.flag("tie_word_embeddings"),
                section.text("from"));
        section.finish();
        return model;
    }

    private static Optimizer optimizer(YamlSection section) {
        Optimizer optimizer = new Optimizer(
                section.number("beta1", 0.9, 0, 0.999999),
                section.number("beta2", 0.95, 0, 0.999999),
                section.number("epsilon", 1e-8, 1e-30, 1),
                section.number("weight_decay", 0.1, 0, 100),
                section.choice("decay", Decay.class, Decay.MATRICES),
                section.number("clip", 1.0, 0, 1e9));
        section.finish();
        return optimizer;
    }

    private static Schedule schedule(YamlSection section) {
        double peak = section.number("peak", 4e-4, 0, 10);
        double minimum = section.number("minimum", Math.min(4e-5, peak), 0, 10);
        if (minimum > peak) {
            throw section.refuse("minimum", "is " + minimum + ", above the peak of " + peak, "");
        }
        Schedule schedule = new Schedule(
                section.choice("kind", ScheduleKind.class, ScheduleKind.COSINE),
                peak,
                minimum,
                section.whole("warmup_steps", 2000, 0, MAXIMUM_STEPS),
                section.number("warmup_ratio", 0, 1),
                section.whole("decay_steps", 1, MAXIMUM_STEPS));
        if (schedule.warmupRatio().isPresent() && section.has("warmup_steps")) {
            throw section.refuse("warmup_ratio", "cannot stand beside warmup_steps", "keep one of the two");
        }
        if (schedule.decaySteps().isPresent() && schedule.kind() != ScheduleKind.WSD) {
            throw section.refuse("decay_steps", "belongs to kind wsd only", "the other kinds end with the run");
        }
        section.finish();
        return schedule;
    }

    /** The stages; a recipe without any is one stage, made of the keys in {@code training} and {@code data}. */
    private static List<Stage> stages(YamlSection root, YamlSection training, Optional<Chat> chat, boolean pairs) {
        Optional<Length> length = length(training);
        Optional<Batch> batch = pairs ? Optional.of(AlignReader.batch(training)) : batch(training);
        training.finish();
        List<Data> data = data(root);
        List<YamlSection> sections = root.sections("stages");
        if (sections.isEmpty()) {
            if (data.isEmpty()) {
                throw root.refuse(
                        "data",
                        "is missing",
                        chat.isPresent()
                                ? "list files of conversations, or of pairs: '- path: chats.jsonl'"
                                : "list prepared folders: '- path: data/mine'");
            }
            Optional<Integer> epochs = chat.flatMap(Chat::epochs);
            if (epochs.isPresent() && length.isPresent()) {
                throw training.refuse("steps", "cannot stand beside chat.epochs", "keep one of the two");
            }
            Length whole = length.or(() -> epochs.map(_ -> new Length(EPOCHS_DECIDE, false)))
                    .orElseThrow(() ->
                            training.refuse("steps", "is missing", "say how long to train, in steps or in tokens"));
            return List.of(new Stage(
                    pairs ? "align" : chat.isPresent() ? "finetune" : "pretrain",
                    whole,
                    batch.orElse(new Batch(2_097_152, true)),
                    data,
                    Optional.empty()));
        }
        if (chat.isPresent()) {
            throw root.refuse("stages", "cannot stand beside chat", "fine-tuning has one stage: use training and data");
        }
        length.ifPresent(set -> {
            throw training.refuse(
                    set.inTokens() ? "tokens" : "steps", "cannot stand beside stages", "each stage has its own");
        });
        List<Stage> stages = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (YamlSection section : sections) {
            Stage stage = stage(section, batch.orElse(new Batch(2_097_152, true)), data);
            if (!names.add(stage.name())) {
                throw section.refuse("name", "'" + stage.name() + "' is taken by an earlier stage", "");
            }
            stages.add(stage);
        }
        return stages;
    }

    private static Stage stage(YamlSection section, Batch batch, List<Data> data) {
        String name = section.text("name")
                .orElseThrow(() -> section.refuse("name", "is missing", "name the stage, such as basic"));
        Length length = length(section)
                .orElseThrow(() ->
                        section.refuse("steps", "is missing", "say how long the stage is, in steps or in tokens"));
        Batch ownBatch = batch(section).orElse(batch);
        List<Data> ownData = data(section);
        if (ownData.isEmpty() && data.isEmpty()) {
            throw section.refuse("data", "is missing", "list prepared folders here, or once for all stages at the top");
        }
        Optional<Schedule> schedule =
                section.has("schedule") ? Optional.of(schedule(section.section("schedule"))) : Optional.empty();
        section.finish();
        return new Stage(name, length, ownBatch, ownData.isEmpty() ? data : ownData, schedule);
    }

    private static Optional<Length> length(YamlSection section) {
        Optional<Long> steps = section.whole("steps", 1, MAXIMUM_STEPS);
        Optional<Long> tokens = section.whole("tokens", 1, MAXIMUM_TOKENS);
        if (steps.isPresent() && tokens.isPresent()) {
            throw section.refuse("tokens", "cannot stand beside steps", "keep one of the two");
        }
        return steps.map(amount -> new Length(amount, false)).or(() -> tokens.map(amount -> new Length(amount, true)));
    }

    private static Optional<Batch> batch(YamlSection section) {
        Optional<Long> sequences = section.whole("batch_sequences", 1, 1_000_000_000);
        Optional<Long> tokens = section.whole("batch_tokens", 1, 1_000_000_000_000L);
        if (sequences.isPresent() && tokens.isPresent()) {
            throw section.refuse("batch_tokens", "cannot stand beside batch_sequences", "keep one of the two");
        }
        return sequences
                .map(amount -> new Batch(amount, false))
                .or(() -> tokens.map(amount -> new Batch(amount, true)));
    }

    private static List<Data> data(YamlSection owner) {
        List<Data> data = new ArrayList<>();
        for (YamlSection section : owner.sections("data")) {
            String path = section.text("path")
                    .orElseThrow(
                            () -> section.refuse("path", "is missing", "name a folder that `cria data prepare` wrote"));
            if (data.stream().anyMatch(earlier -> earlier.path().equals(path))) {
                throw section.refuse(
                        "path", "is in this list already", "give it one entry with the sum of the weights");
            }
            data.add(new Data(path, section.number("weight", 1, 1e-9, 1e9)));
            section.finish();
        }
        return data;
    }

    private static Checkpoint checkpoint(YamlSection section) {
        Checkpoint checkpoint = new Checkpoint(
                section.text("directory"),
                section.whole("every", 1000, 0, MAXIMUM_STEPS),
                section.integer("keep_last", 2, 1, 1_000_000),
                section.whole("keep_every", 0, 0, MAXIMUM_STEPS));
        section.finish();
        return checkpoint;
    }

    private static Evaluation evaluation(YamlSection section) {
        List<String> tasks =
                section.exactTexts("tasks").stream().map(String::strip).toList();
        List<Long> steps = new ArrayList<>();
        for (String text : section.exactTexts("steps")) {
            if (!text.matches("[0-9]{1,12}") || Long.parseLong(text) == 0) {
                throw section.refuse("steps", "has '" + text + "', which is no step", "list whole numbers from 1 on");
            }
            steps.add(Long.valueOf(text));
        }
        Evaluation evaluation = new Evaluation(
                tasks,
                section.text("data"),
                section.text("definitions"),
                section.whole("every", 0, 0, MAXIMUM_STEPS),
                steps,
                section.integer("limit", 1, Integer.MAX_VALUE),
                section.integer("shots", 0, 1000),
                section.integer("max_new_tokens", 1, MAXIMUM_SIZE));
        if (tasks.isEmpty() && !section.keys().isEmpty()) {
            throw section.refuse("tasks", "is missing", "list tasks, such as [arc_easy, piqa], or leave eval out");
        }
        if (tasks.stream().anyMatch(String::isEmpty)) {
            throw section.refuse("tasks", "has an empty name", "");
        }
        section.finish();
        return evaluation;
    }

    private static Logging logging(YamlSection section) {
        Logging logging =
                new Logging(section.flag("tensorboard", true), section.whole("curves_every", 0, 0, MAXIMUM_STEPS));
        section.finish();
        return logging;
    }

    private static Safety safety(YamlSection section, Optional<Double> spikeThreshold) {
        Safety safety = new Safety(
                section.choice("on_nan", Policy.class, Policy.STOP),
                section.choice("on_spike", Policy.class, Policy.SKIP),
                section.number("spike_threshold", spikeThreshold.orElse(2.0), 0, 1e9),
                section.integer("maximum_skips", 10, 1, 1_000_000));
        section.finish();
        return safety;
    }
}
