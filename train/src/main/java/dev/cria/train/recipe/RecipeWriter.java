package dev.cria.train.recipe;

import dev.cria.train.recipe.Recipe.Batch;
import dev.cria.train.recipe.Recipe.Data;
import dev.cria.train.recipe.Recipe.Length;
import dev.cria.train.recipe.Recipe.Schedule;
import dev.cria.train.recipe.Recipe.Stage;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLMapper;
import tools.jackson.dataformat.yaml.YAMLWriteFeature;

/** The inverse of {@link RecipeReader}: the effective recipe as YAML, every value spelt out. */
final class RecipeWriter {
    private static final YAMLMapper YAML = YAMLMapper.builder(YAMLFactory.builder()
                    .disable(YAMLWriteFeature.WRITE_DOC_START_MARKER)
                    .enable(YAMLWriteFeature.MINIMIZE_QUOTES)
                    .enable(YAMLWriteFeature.ALWAYS_QUOTE_NUMBERS_AS_STRINGS)
                    .build())
            .build();

    private RecipeWriter() {}

    static String write(Recipe recipe) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        model(root.putObject("model"), recipe.model());
        recipe.tokenizer().ifPresent(path -> root.put("tokenizer", path));
        Recipe.Training training = recipe.training();
        ObjectNode trainingNode = root.putObject("training");
        TrainingReader.write(trainingNode, training);
        Recipe.Optimizer optimizer = recipe.optimizer();
        root.putObject("optimizer")
                .put("beta1", optimizer.beta1())
                .put("beta2", optimizer.beta2())
                .put("epsilon", optimizer.epsilon())
                .put("weight_decay", optimizer.weightDecay())
                .put("decay", name(optimizer.decay()))
                .put("clip", optimizer.clip());
        schedule(root.putObject("schedule"), recipe.schedule());
        if (recipe.chat().isPresent()) {
            onlyStage(
                    root,
                    trainingNode,
                    recipe.stages().getFirst(),
                    recipe.align().isPresent());
        } else {
            stages(root, recipe.stages());
        }
        ObjectNode checkpoint = root.putObject("checkpoint");
        recipe.checkpoint().directory().ifPresent(path -> checkpoint.put("directory", path));
        checkpoint
                .put("every", recipe.checkpoint().every())
                .put("keep_last", recipe.checkpoint().keepLast())
                .put("keep_every", recipe.checkpoint().keepEvery());
        ValidationReader.write(root.putObject("validation"), recipe.validation());
        if (!recipe.evaluation().tasks().isEmpty()) {
            evaluation(root.putObject("eval"), recipe.evaluation());
        }
        root.putObject("logging")
                .put("tensorboard", recipe.logging().tensorboard())
                .put("curves_every", recipe.logging().curvesEvery());
        root.putObject("safety")
                .put("on_nan", name(recipe.safety().onNan()))
                .put("on_spike", name(recipe.safety().onSpike()))
                .put("spike_threshold", recipe.safety().spikeThreshold())
                .put("maximum_skips", recipe.safety().maximumSkips());
        recipe.chat()
                .ifPresent(chat ->
                        chat(root.putObject("chat"), chat, recipe.align().isPresent()));
        recipe.align().ifPresent(align -> AlignReader.write(root.putObject("align"), align));
        recipe.lora().ifPresent(lora -> LoraReader.write(root.putObject("lora"), lora));
        return YAML.writeValueAsString(root);
    }

    private static void model(ObjectNode node, Recipe.Model model) {
        if (!model.preset().isEmpty()) {
            node.put("preset", model.preset());
        }
        number(node, "hidden_size", model.hiddenSize());
        number(node, "intermediate_size", model.intermediateSize());
        number(node, "layers", model.layers());
        number(node, "heads", model.heads());
        number(node, "key_value_heads", model.keyValueHeads());
        model.tieWordEmbeddings().ifPresent(value -> node.put("tie_word_embeddings", value));
        model.from().ifPresent(value -> node.put("from", value));
    }

    private static void schedule(ObjectNode node, Schedule schedule) {
        node.put("kind", name(schedule.kind())).put("peak", schedule.peak()).put("minimum", schedule.minimum());
        schedule.warmupRatio()
                .ifPresentOrElse(
                        ratio -> node.put("warmup_ratio", ratio),
                        () -> node.put("warmup_steps", schedule.warmupSteps()));
        schedule.decaySteps().ifPresent(value -> node.put("decay_steps", value));
    }

    private static void chat(ObjectNode node, Recipe.Chat chat, boolean pairs) {
        chat.template().ifPresent(template -> node.put("template", template));
        if (!pairs) {
            node.put("train_on", name(chat.trainOn()));
        }
        node.put("on_bad", name(chat.onBad())).put("on_long", name(chat.onLong()));
        chat.epochs().ifPresent(epochs -> node.put("epochs", epochs));
        var validation = node.putArray("validation");
        chat.validation().forEach(validation::add);
        node.put("validation_fraction", chat.validationFraction())
                .put("samples", chat.samples())
                .put("neftune_alpha", chat.neftuneAlpha());
    }

    private static void stages(ObjectNode root, List<Stage> stages) {
        var array = root.putArray("stages");
        for (Stage stage : stages) {
            ObjectNode node = array.addObject().put("name", stage.name());
            size(node, stage, false);
            data(node, stage);
            stage.schedule().ifPresent(own -> schedule(node.putObject("schedule"), own));
        }
    }

    private static void evaluation(ObjectNode node, Recipe.Evaluation evaluation) {
        evaluation.tasks().forEach(node.putArray("tasks")::add);
        evaluation.data().ifPresent(path -> node.put("data", path));
        evaluation.definitions().ifPresent(path -> node.put("definitions", path));
        node.put("every", evaluation.every());
        evaluation.steps().forEach(node.putArray("steps")::add);
        number(node, "limit", evaluation.limit());
        number(node, "shots", evaluation.shots());
        number(node, "max_new_tokens", evaluation.maxNewTokens());
    }

    /** As keys of training and data, which is how a recipe for conversations says it. */
    private static void onlyStage(ObjectNode root, ObjectNode training, Stage stage, boolean pairs) {
        size(training, stage, pairs);
        data(root, stage);
    }

    private static void size(ObjectNode node, Stage stage, boolean pairs) {
        Length length = stage.length();
        if (length.amount() > 0) { // else its epochs decide
            node.put(length.inTokens() ? "tokens" : "steps", length.amount());
        }
        Batch batch = stage.batch();
        node.put(pairs ? AlignReader.BATCH : batch.inTokens() ? "batch_tokens" : "batch_sequences", batch.amount());
    }

    private static void data(ObjectNode node, Stage stage) {
        var data = node.putArray("data");
        for (Data source : stage.data()) {
            data.addObject().put("path", source.path()).put("weight", source.weight());
        }
    }

    private static void number(ObjectNode node, String key, Optional<Integer> value) {
        value.ifPresent(set -> node.put(key, set));
    }

    private static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
