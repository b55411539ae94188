package dev.cria.model.adapter;

import dev.cria.base.JsonFiles;
import dev.cria.base.UserError;
import dev.cria.model.JsonFields;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** peft's {@code adapter_config.json}: what of it Cria does, and a clear no to the rest. */
final class AdapterConfigJson {
    private static final long MAXIMUM_BYTES = 1 << 20;
    private static final String ALL_LINEAR = "all-linear";

    /** How A and B began. Other ways (PiSSA, OLoRA, LoftQ …) change the base's weights as well. */
    private static final Set<String> INITIALISATIONS = Set.of("gaussian", "eva", "orthogonal");

    /** Settings that change what an adapter computes, in ways that are not those of plain LoRA; with what they are. */
    private static final Map<String, String> REFUSED = refused();

    private AdapterConfigJson() {}

    private static Map<String, String> refused() {
        Map<String, String> refused = new LinkedHashMap<>();
        refused.put("use_dora", "DoRA");
        refused.put("use_qalora", "QALoRA");
        refused.put("use_bdlora", "block-diagonal LoRA");
        refused.put("lora_bias", "a bias of its own");
        refused.put("modules_to_save", "whole modules beside the low-rank pairs");
        refused.put("trainable_token_indices", "trained rows of the embedding");
        refused.put("target_parameters", "parameters that are no linear layers");
        refused.put("layer_replication", "layers that occur several times");
        refused.put("alora_invocation_tokens", "activated LoRA");
        refused.put("arrow_config", "Arrow routing");
        refused.put("kasa_config", "KaSA");
        refused.put("monteclora_config", "MonteCLoRA");
        refused.put("velora_config", "VeLoRA");
        refused.put("megatron_config", "Megatron's parallel layers");
        return refused;
    }

    static AdapterConfig read(Path file) {
        JsonFields json = new JsonFields(JsonFiles.readObject(file, MAXIMUM_BYTES), file, "");
        requirePlainLora(json);
        try {
            return new AdapterConfig(
                    json.optionalInt("r").orElse(8),
                    json.optionalDouble("lora_alpha").orElse(8.0),
                    json.optionalDouble("lora_dropout").orElse(0.0),
                    modules(json, "target_modules")
                            .orElseThrow(() -> json.error("target_modules", "is missing: it names the layers")),
                    modules(json, "exclude_modules"),
                    layers(json),
                    pattern(json, "rank_pattern", (fields, key) -> fields.requiredInt(key)),
                    pattern(json, "alpha_pattern", (fields, key) -> fields.requiredDouble(key)),
                    json.optionalBoolean("use_rslora").orElse(false),
                    json.optionalString("base_model_name_or_path").filter(name -> !name.isBlank()));
        } catch (UserError e) {
            // The record does not know its file; a message that came from here already does.
            throw e.what().startsWith(file.toString()) ? e : new UserError(file + ": " + e.what(), e.hint());
        }
    }

    private static void requirePlainLora(JsonFields json) {
        String type = json.optionalString("peft_type").orElseThrow(() -> json.error("peft_type", "is missing"));
        if (!type.toUpperCase(Locale.ROOT).equals("LORA")) {
            throw new UserError(
                    json.file() + ": the adapter is of type " + type + "; Cria knows LORA",
                    "merge it into its base with peft, and convert the result");
        }
        REFUSED.forEach((key, what) -> {
            if (json.has(key) && isSet(json.json().get(key))) {
                throw new UserError(
                        json.file() + ": " + key + " is set: the adapter has " + what + ", which Cria does not do",
                        "train it without, or merge it into its base with peft and convert the result");
            }
        });
        if (json.optionalBoolean("fan_in_fan_out").orElse(false)) {
            throw json.error("fan_in_fan_out", "is true; a Llama's weights are stored as [out, in]");
        }
        json.optionalString("bias").filter(bias -> !bias.equals("none")).ifPresent(bias -> {
            throw json.error("bias", "is '" + bias + "'; a Llama's linear layers have no bias");
        });
        if (json.has("init_lora_weights")
                && !json.json().get("init_lora_weights").isBoolean()) {
            String way = json.optionalString("init_lora_weights").orElseThrow();
            if (!INITIALISATIONS.contains(way)) {
                throw new UserError(
                        json.file() + ": init_lora_weights is '" + way
                                + "', which changes the base's weights too, and they are not here",
                        "merge it into its base with peft, and convert the result");
            }
        }
    }

    /** Whether a setting that may be a switch, a list or an object says anything. */
    private static boolean isSet(JsonNode node) {
        return node.isBoolean() ? node.booleanValue() : !node.isContainer() || !node.isEmpty();
    }

    private static Optional<TargetModules> modules(JsonFields json, String key) {
        if (!json.has(key)) {
            return Optional.empty();
        }
        if (json.json().get(key).isString()) {
            String text = json.optionalString(key).orElseThrow();
            return Optional.of(
                    text.toLowerCase(Locale.ROOT).equals(ALL_LINEAR)
                            ? new TargetModules.AllLinear()
                            : new TargetModules.Expression(text));
        }
        List<String> names = json.strings(key);
        return names.isEmpty() ? Optional.empty() : Optional.of(new TargetModules.Names(names));
    }

    private static Set<Integer> layers(JsonFields json) {
        Set<Integer> layers = new HashSet<>(json.ints("layers_to_transform").orElse(List.of()));
        List<String> names =
                json.has("layers_pattern") && json.json().get("layers_pattern").isString()
                        ? json.optionalString("layers_pattern").stream().toList()
                        : json.strings("layers_pattern");
        if (!layers.isEmpty() && !names.isEmpty() && !names.contains("layers")) {
            throw json.error("layers_pattern", "is " + names + "; a Llama's blocks are called 'layers'");
        }
        return layers;
    }

    private static <T> Map<String, T> pattern(JsonFields json, String key, BiFunction<JsonFields, String, T> read) {
        Map<String, T> values = new LinkedHashMap<>();
        json.object(key).ifPresent(fields -> {
            for (String name : fields.json().propertyNames()) {
                values.put(name, read.apply(fields, name));
            }
        });
        return values;
    }

    static String render(AdapterConfig config) {
        ObjectNode json = JsonFiles.newObject();
        putPattern(json, "alpha_pattern", config.alphaPattern());
        config.base()
                .ifPresentOrElse(
                        base -> json.put("base_model_name_or_path", base),
                        () -> json.putNull("base_model_name_or_path"));
        json.put("bias", "none");
        config.excluded()
                .ifPresentOrElse(
                        excluded -> put(json, "exclude_modules", excluded), () -> json.putNull("exclude_modules"));
        json.put("fan_in_fan_out", false);
        json.put("inference_mode", true);
        json.put("init_lora_weights", true);
        if (config.layers().isEmpty()) {
            json.putNull("layers_to_transform");
        } else {
            ArrayNode layers = json.putArray("layers_to_transform");
            config.layers().stream().sorted().forEach(layers::add);
        }
        putNumber(json, "lora_alpha", config.alpha());
        json.put("lora_dropout", config.dropout());
        json.putNull("modules_to_save");
        json.put("peft_type", "LORA");
        json.put("r", config.rank());
        putPattern(json, "rank_pattern", config.rankPattern());
        put(json, "target_modules", config.targets());
        json.put("task_type", "CAUSAL_LM");
        json.put("use_dora", false);
        json.put("use_rslora", config.rankStabilised());
        return JsonFiles.render(json);
    }

    private static void put(ObjectNode json, String key, TargetModules modules) {
        switch (modules) {
            case TargetModules.AllLinear all -> json.put(key, ALL_LINEAR);
            case TargetModules.Expression regex -> json.put(key, regex.expression());
            case TargetModules.Names list -> {
                ArrayNode array = json.putArray(key);
                list.names().forEach(array::add);
            }
        }
    }

    private static void putPattern(ObjectNode json, String key, Map<String, ? extends Number> pattern) {
        ObjectNode object = json.putObject(key);
        pattern.forEach((name, value) -> putNumber(object, name, value.doubleValue()));
    }

    /** As peft writes it: a whole number without a point. */
    private static void putNumber(ObjectNode json, String key, double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            json.put(key, (long) value);
        } else {
            json.put(key, value);
        }
    }
}
