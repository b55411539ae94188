package dev.cria.model;

import dev.cria.base.JsonFiles;
import dev.cria.base.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Hugging Face's {@code config.json} and {@code generation_config.json}, in the form of transformers 4 ({@code rope_theta}, {@code
 * rope_scaling}, {@code torch_dtype}) and of transformers 5 ({@code rope_parameters}, {@code dtype}). Written files carry both forms.
 */
final class ConfigJson {
    private static final long MAXIMUM_BYTES = 16L << 20;
    private static final String ARCHITECTURE = "LlamaForCausalLM";
    private static final String WRITTEN_FOR = "4.57.6";

    private ConfigJson() {}

    static LlamaConfig read(Path file) {
        JsonFields json = new JsonFields(JsonFiles.readObject(file, MAXIMUM_BYTES), file, "");
        requireLlama(json);
        int heads = json.requiredInt("num_attention_heads");
        int hidden = json.requiredInt("hidden_size");
        if (heads < 1) {
            throw json.error("num_attention_heads", heads + " is not positive");
        }
        Optional<Integer> headDim = json.optionalInt("head_dim");
        if (headDim.isEmpty() && hidden % heads != 0) {
            throw json.error("hidden_size", hidden + " is no multiple of num_attention_heads " + heads);
        }
        // Absent means transformers' default; null means that nothing ends a generation.
        List<Integer> eos = json.ints("eos_token_id").orElse(json.json().has("eos_token_id") ? List.of() : List.of(2));
        Path generation = file.resolveSibling("generation_config.json");
        if (Files.exists(generation)) {
            JsonFields fields = new JsonFields(JsonFiles.readObject(generation, MAXIMUM_BYTES), generation, "");
            eos = fields.ints("eos_token_id").orElse(eos);
        }
        try {
            return new LlamaConfig(
                    hidden,
                    json.requiredInt("intermediate_size"),
                    json.requiredInt("num_hidden_layers"),
                    heads,
                    json.optionalInt("num_key_value_heads").orElse(heads),
                    headDim.orElse(hidden / heads),
                    json.requiredInt("vocab_size"),
                    json.optionalInt("max_position_embeddings").orElse(2048),
                    json.optionalDouble("rms_norm_eps").orElse(1e-6),
                    ropeTheta(json),
                    ropeScaling(json),
                    json.optionalBoolean("tie_word_embeddings").orElse(false),
                    json.optionalInt("bos_token_id").orElse(1),
                    eos);
        } catch (UserError e) {
            // The record does not know its file; a message that came from here already does.
            throw e.what().startsWith("model configuration:") ? new UserError(file + ": " + e.what(), e.hint()) : e;
        }
    }

    private static void requireLlama(JsonFields json) {
        List<String> architectures = json.strings("architectures");
        Optional<String> type = json.optionalString("model_type");
        boolean llama = architectures.isEmpty()
                ? type.equals(Optional.of("llama"))
                : architectures.contains(ARCHITECTURE) && type.orElse("llama").equals("llama");
        if (!llama) {
            String found = architectures.isEmpty() ? type.orElse("unnamed") : String.join(", ", architectures);
            throw new UserError(
                    json.file() + ": the architecture is " + found + "; Cria runs " + ARCHITECTURE
                            + (type.isPresent() ? " (model_type is '" + type.get() + "')" : ""),
                    "use a Llama model (model_type \"llama\", architectures [\"" + ARCHITECTURE + "\"])");
        }
        for (String key : List.of("attention_bias", "mlp_bias")) {
            if (json.optionalBoolean(key).orElse(false)) {
                throw json.error(key, "is true; Cria's linear layers have no bias, as all of Meta's Llamas");
            }
        }
        json.optionalString("hidden_act").filter(act -> !act.equals("silu")).ifPresent(act -> {
            throw json.error("hidden_act", "is '" + act + "'; a Llama uses silu");
        });
        if (json.has("quantization_config")) {
            throw json.error("quantization_config", "is set; Cria reads float32, bfloat16 and float16 weights");
        }
        json.optionalDouble("partial_rotary_factor")
                .filter(factor -> factor != 1)
                .ifPresent(factor -> {
                    throw json.error("partial_rotary_factor", "is " + factor + "; a Llama rotates whole heads");
                });
    }

    private static double ropeTheta(JsonFields json) {
        Optional<Double> nested = json.object("rope_parameters").flatMap(rope -> rope.optionalDouble("rope_theta"));
        return nested.or(() -> json.optionalDouble("rope_theta")).orElse(10000.0);
    }

    private static RopeScaling ropeScaling(JsonFields json) {
        Optional<JsonFields> found = json.object("rope_parameters").or(() -> json.object("rope_scaling"));
        if (found.isEmpty()) {
            return new RopeScaling.None();
        }
        JsonFields rope = found.get();
        String type = rope.optionalString("rope_type")
                .or(() -> rope.optionalString("type"))
                .orElse("default");
        return switch (type) {
            case "default" -> new RopeScaling.None();
            case "linear" -> new RopeScaling.Linear(rope.requiredDouble("factor"));
            case "llama3" ->
                new RopeScaling.Llama3(
                        rope.requiredDouble("factor"),
                        rope.requiredDouble("low_freq_factor"),
                        rope.requiredDouble("high_freq_factor"),
                        rope.requiredInt("original_max_position_embeddings"));
            default -> throw rope.error("rope_type", "is '" + type + "'; Cria knows default, linear and llama3");
        };
    }

    /** {@code config.json} with the given dtype name, such as {@code bfloat16}. */
    static String render(LlamaConfig config, String dtype) {
        ObjectNode json = JsonFiles.newObject();
        json.putArray("architectures").add(ARCHITECTURE);
        json.put("attention_bias", false);
        json.put("attention_dropout", 0.0);
        json.put("bos_token_id", config.bosTokenId());
        putEos(json, config.eosTokenIds());
        json.put("head_dim", config.headDim());
        json.put("hidden_act", "silu");
        json.put("hidden_size", config.hiddenSize());
        json.put("initializer_range", 0.02);
        json.put("intermediate_size", config.intermediateSize());
        json.put("max_position_embeddings", config.maxPositionEmbeddings());
        json.put("mlp_bias", false);
        json.put("model_type", "llama");
        json.put("num_attention_heads", config.numAttentionHeads());
        json.put("num_hidden_layers", config.numHiddenLayers());
        json.put("num_key_value_heads", config.numKeyValueHeads());
        json.put("pretraining_tp", 1);
        json.put("rms_norm_eps", config.rmsNormEps());
        putRope(json, config);
        json.put("tie_word_embeddings", config.tieWordEmbeddings());
        json.put("torch_dtype", dtype);
        json.put("transformers_version", WRITTEN_FOR);
        json.put("use_cache", true);
        json.put("vocab_size", config.vocabSize());
        return JsonFiles.render(json);
    }

    /** {@code generation_config.json}: the special ids, so that {@code generate} of transformers stops where Cria does. */
    static String renderGeneration(LlamaConfig config) {
        ObjectNode json = JsonFiles.newObject();
        json.put("bos_token_id", config.bosTokenId());
        putEos(json, config.eosTokenIds());
        json.put("transformers_version", WRITTEN_FOR);
        return JsonFiles.render(json);
    }

    private static void putRope(ObjectNode json, LlamaConfig config) {
        json.put("rope_theta", config.ropeTheta());
        ObjectNode parameters = json.putObject("rope_parameters");
        parameters.put("rope_theta", config.ropeTheta());
        switch (config.ropeScaling()) {
            case RopeScaling.None none -> {
                parameters.put("rope_type", "default");
                json.putNull("rope_scaling");
            }
            case RopeScaling.Linear linear ->
                List.of(parameters, json.putObject("rope_scaling")).forEach(rope -> {
                    rope.put("rope_type", "linear");
                    rope.put("factor", linear.factor());
                });
            case RopeScaling.Llama3 llama3 ->
                List.of(parameters, json.putObject("rope_scaling")).forEach(rope -> {
                    rope.put("rope_type", "llama3");
                    rope.put("factor", llama3.factor());
                    rope.put("low_freq_factor", llama3.lowFrequencyFactor());
                    rope.put("high_freq_factor", llama3.highFrequencyFactor());
                    rope.put("original_max_position_embeddings", llama3.originalContext());
                });
            case RopeScaling.Divisors divisors ->
                throw new UserError(
                        "the model's rotary frequencies are scaled one by one, which config.json cannot say",
                        "keep the model as a GGUF file");
        }
    }

    private static void putEos(ObjectNode json, List<Integer> ids) {
        if (ids.size() == 1) {
            json.put("eos_token_id", ids.getFirst());
        } else if (ids.isEmpty()) {
            json.putNull("eos_token_id");
        } else {
            ArrayNode array = json.putArray("eos_token_id");
            ids.forEach(array::add);
        }
    }
}
