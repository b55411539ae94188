package dev.cria.train;

import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import dev.cria.tensor.Device;
import dev.cria.train.recipe.Recipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What decides the sequence of steps, by name, so that a resumed run can tell whether it would go on with the same one. Names that begin
 * with {@value #NUMERICS} change only the last bits of the results.
 */
final class Identity {
    private static final String NUMERICS = "rounding: ";
    private static final int SHOWN = 40;

    private Identity() {}

    static Map<String, String> of(
            Recipe recipe,
            LlamaConfig config,
            Timeline timeline,
            TrainingSource data,
            Optional<String> tokenizerFingerprint,
            Device device,
            String precision,
            Optional<LoraBase> lora) {
        Map<String, String> identity = new TreeMap<>();
        identity.put("model", config.toJson());
        identity.put("tokenizer", tokenizerFingerprint.orElse("none"));
        identity.put("training.seed", Long.toString(recipe.training().seed()));
        identity.put("training.sequence_length", Integer.toString(timeline.sequenceLength()));
        identity.put("optimizer", recipe.optimizer().toString());
        identity.put("safety", recipe.safety().toString());
        for (int i = 0; i < timeline.stages().size(); i++) {
            Timeline.Stage stage = timeline.stages().get(i);
            String name = "stages." + i + ".";
            identity.put(name + "steps", Long.toString(stage.steps()));
            identity.put(name + "batch_sequences", Integer.toString(stage.batchSequences()));
            identity.put(name + "schedule", stage.schedule().toString());
            identity.put(name + "data", data.fingerprint(i));
        }
        identity.putAll(data.identity(device));
        lora.ifPresent(base -> identity.putAll(base.identity()));
        double noise = recipe.chat().map(Recipe.Chat::neftuneAlpha).orElse(0.0);
        if (noise > 0) {
            identity.put("chat.neftune_alpha", Double.toString(noise));
        }
        // What is drawn at random is drawn for each micro-batch.
        boolean draws = noise > 0
                || recipe.lora().map(settings -> settings.dropout() > 0).orElse(false);
        identity.put(
                (draws ? "" : NUMERICS) + "training.micro_batch",
                Integer.toString(recipe.training().microBatch()));
        identity.put(NUMERICS + "training.precision", precision);
        return identity;
    }

    /**
     * Compares a saved identity with the present one.
     *
     * @return warnings: what changed and was let through
     * @throws UserError if the sequence of steps changed and {@code allowChanges} is not set
     */
    static List<String> compare(Map<String, String> saved, Map<String, String> now, boolean allowChanges) {
        List<String> warnings = new ArrayList<>();
        List<String> changes = new ArrayList<>();
        TreeMap<String, String> names = new TreeMap<>(saved);
        names.putAll(now);
        for (String name : names.keySet()) {
            String before = saved.getOrDefault(name, "absent");
            String after = now.getOrDefault(name, "absent");
            if (before.equals(after)) {
                continue;
            }
            if (name.startsWith(NUMERICS)) {
                warnings.add(name.substring(NUMERICS.length()) + " was " + before + " and is now " + after
                        + ": losses will differ in their last digits from an uninterrupted run's");
            } else {
                changes.add(describe(name, before, after));
            }
        }
        if (!changes.isEmpty() && !allowChanges) {
            throw new UserError(
                    "cannot resume: " + String.join("; ", changes),
                    "restore it, begin a new run in another directory, or go on all the same with --allow-changes");
        }
        changes.forEach(change -> warnings.add("resumed although " + change));
        return warnings;
    }

    private static String describe(String name, String before, String after) {
        return before.length() > SHOWN || after.length() > SHOWN
                ? name + " is not what the checkpoint was trained with"
                : name + " was " + before + " and is now " + after;
    }
}
