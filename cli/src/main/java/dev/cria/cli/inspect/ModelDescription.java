package dev.cria.cli.inspect;

import dev.cria.model.LlamaConfig;
import dev.cria.model.safetensors.ElementType;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.model.safetensors.TensorEntry;
import dev.cria.text.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Describes a Hugging Face model folder, a checkpoint (which is one), or a file of tensors. */
final class ModelDescription {
    /** Tensors listed one by one; of more, only the first. */
    private static final int LISTED = 40;

    private ModelDescription() {}

    static Description of(Path directory) throws IOException {
        boolean checkpoint = Files.exists(directory.resolve("trainer.json"));
        Description.Builder builder = new Description.Builder(checkpoint ? "checkpoint" : "model")
                .addAll(configuration(directory.resolve("config.json")));
        if (Files.exists(directory.resolve("model.safetensors"))
                || Files.exists(directory.resolve("model.safetensors.index.json"))) {
            try (Safetensors file = Safetensors.open(directory)) {
                builder.add("weights", types(file))
                        .add("bytes_by_type", bytesByType(file))
                        .add("weight_bytes", file.bytes());
            }
        } else {
            builder.add("weights", "none here");
        }
        text(directory, builder);
        trainer(directory, builder);
        return builder.build();
    }

    /** The tokenizer and the chat template, where there are any. */
    static void text(Path directory, Description.Builder builder) {
        if (Files.exists(directory.resolve("tokenizer.json")) || Files.exists(directory.resolve("tokenizer.model"))) {
            builder.add("tokenizer", TokenizerDescription.of(directory).facts());
            ChatTemplate.find(directory).ifPresent(template -> builder.add("chat_template", template.source()));
        }
    }

    /** What config.json alone says. */
    static Description configuration(Path file) {
        return configuration(LlamaConfig.read(file));
    }

    static Description configuration(LlamaConfig config) {
        return new Description.Builder("configuration")
                .add("parameters", config.parameters())
                .add("layers", config.numHiddenLayers())
                .add("hidden", config.hiddenSize())
                .add("feed_forward", config.intermediateSize())
                .add("heads", config.numAttentionHeads())
                .add("key_value_heads", config.numKeyValueHeads())
                .add("head_size", config.headDim())
                .add("vocabulary", config.vocabSize())
                .add("context", config.maxPositionEmbeddings())
                .add("tied_embeddings", config.tieWordEmbeddings())
                .add("rope_theta", config.ropeTheta())
                .add("rope_scaling", config.ropeScaling().toString())
                .add("training_flops_per_token", config.trainingFlopsPerToken(config.maxPositionEmbeddings()))
                .build();
    }

    /** The tensors of a file of them. */
    static Description tensors(Path path) {
        try (Safetensors file = Safetensors.open(path)) {
            Map<String, Object> listed = new LinkedHashMap<>();
            for (String name : file.names().stream().limit(LISTED).toList()) {
                listed.put(name, file.find(name).map(TensorEntry::describe).orElse("?"));
            }
            Description.Builder builder = new Description.Builder("tensors")
                    .add("tensors", file.names().size())
                    .add("types", types(file))
                    .add("bytes_by_type", bytesByType(file))
                    .add("bytes", file.bytes())
                    .add("metadata", file.metadata());
            return builder.add(file.names().size() > LISTED ? "first_tensors" : "list", listed)
                    .build();
        }
    }

    /** Elements of each type. */
    static TreeMap<String, Long> types(Safetensors file) {
        TreeMap<String, Long> elements = new TreeMap<>();
        for (String name : file.names()) {
            TensorEntry entry = file.find(name).orElseThrow();
            ElementType type = entry.type();
            elements.merge(type.name(), (entry.end() - entry.begin()) / type.bytes(), Long::sum);
        }
        return elements;
    }

    private static Map<String, Long> bytesByType(Safetensors file) {
        Map<String, Long> bytes = new TreeMap<>();
        for (String name : file.names()) {
            TensorEntry entry = file.find(name).orElseThrow();
            bytes.merge(entry.type().name(), entry.end() - entry.begin(), Long::sum);
        }
        return bytes;
    }

    /** The small values of the trainer's state, in a checkpoint. */
    static void trainer(Path directory, Description.Builder builder) throws IOException {
        Path file = directory.resolve("trainer.json");
        if (!Files.exists(file)) {
            return;
        }
        try {
            JsonNode state = JsonMapper.shared().readTree(Files.readString(file));
            for (String key : state.propertyNames()) {
                JsonNode value = state.get(key);
                if (value.isValueNode()) {
                    builder.add("trainer_" + key, value.isNumber() ? value.numberValue() : value.asString(""));
                }
            }
        } catch (JacksonException e) {
            builder.add("trainer", "trainer.json is damaged: " + e.getOriginalMessage());
        }
    }
}
