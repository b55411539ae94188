package dev.cria.train.checkpoint;

import dev.cria.base.JsonFiles;
import dev.cria.base.MalformedFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code trainer.json} holds: where the run stands, beyond weights and moments.
 *
 * @param step steps done
 * @param stage name of the stage of that step
 * @param samples samples read: the global index of the next one
 * @param tokens tokens trained on
 * @param updates updates the optimiser did; fewer than steps where some were skipped
 * @param skips steps skipped
 * @param skipsInRow steps skipped since the last update
 * @param seed the run's seed
 * @param recentLosses the spike watch's window, oldest first
 * @param validation the held-out losses so far
 * @param identity what decides the sequence of steps, by name: recipe values, tokenizer and data fingerprints
 * @param recipe the effective recipe, as YAML
 */
public record TrainerState(
        long step,
        String stage,
        long samples,
        long tokens,
        long updates,
        long skips,
        long skipsInRow,
        long seed,
        List<Double> recentLosses,
        ValidationTrack validation,
        Map<String, String> identity,
        String recipe) {
    private static final int VERSION = 1;

    public TrainerState {
        recentLosses = List.copyOf(recentLosses);
        identity = Map.copyOf(identity);
    }

    ObjectNode toJson() {
        ObjectNode json = JsonFiles.newObject()
                .put("version", VERSION)
                .put("step", step)
                .put("stage", stage)
                .put("samples", samples)
                .put("tokens", tokens)
                .put("updates", updates)
                .put("skips", skips)
                .put("skips_in_row", skipsInRow)
                .put("seed", seed);
        ArrayNode losses = json.putArray("recent_losses");
        recentLosses.forEach(losses::add);
        validation.writeTo(json);
        ObjectNode names = json.putObject("identity");
        identity.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(each -> names.put(each.getKey(), each.getValue()));
        json.put("recipe", recipe);
        return json;
    }

    /** @throws MalformedFileException if a value is missing or of another kind; {@code file} names it */
    static TrainerState fromJson(ObjectNode json, Path file) {
        long version = whole(json, "version", file);
        if (version != VERSION) {
            throw damaged(file, "has version " + version + "; this program reads " + VERSION);
        }
        List<Double> losses = new ArrayList<>();
        for (JsonNode loss : child(json, "recent_losses", file)) {
            losses.add(loss.asDouble(Double.NaN));
        }
        Map<String, String> identity = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> each : child(json, "identity", file).properties()) {
            identity.put(each.getKey(), each.getValue().asString(""));
        }
        return new TrainerState(
                whole(json, "step", file),
                text(json, "stage", file),
                whole(json, "samples", file),
                whole(json, "tokens", file),
                whole(json, "updates", file),
                whole(json, "skips", file),
                whole(json, "skips_in_row", file),
                whole(json, "seed", file),
                losses,
                ValidationTrack.of(json),
                identity,
                text(json, "recipe", file));
    }

    private static JsonNode child(ObjectNode json, String key, Path file) {
        JsonNode value = json.get(key);
        if (value == null) {
            throw damaged(file, "has no '" + key + "'");
        }
        return value;
    }

    private static long whole(ObjectNode json, String key, Path file) {
        JsonNode value = child(json, key, file);
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw damaged(file, "'" + key + "' is no whole number");
        }
        return value.longValue();
    }

    private static String text(ObjectNode json, String key, Path file) {
        JsonNode value = child(json, key, file);
        if (!value.isString()) {
            throw damaged(file, "'" + key + "' is no text");
        }
        return value.stringValue();
    }

    private static MalformedFileException damaged(Path file, String what) {
        return new MalformedFileException(file, -1, what, "restore the checkpoint from a copy");
    }
}
