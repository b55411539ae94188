package dev.cria.cli.inspect;

import dev.cria.base.UserError;
import dev.cria.model.GgufModel;
import dev.cria.model.gguf.GgufArray;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.gguf.GgufMetadata;
import dev.cria.model.gguf.GgufTensor;
import dev.cria.model.gguf.GgufTokenizer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/** Describes a GGUF file: what Cria makes of it, or why it cannot run it, and its metadata as they stand there. */
final class GgufDescription {
    private static final String TEMPLATE = "tokenizer.chat_template";

    private GgufDescription() {}

    static Description of(Path path) {
        try (GgufFile file = GgufFile.open(path)) {
            Description.Builder builder = new Description.Builder("model")
                    .add("format", "GGUF version " + file.version())
                    .add(
                            "architecture",
                            file.metadata().string("general.architecture").orElse("unnamed"));
            try {
                builder.addAll(ModelDescription.configuration(GgufModel.checkedConfig(file)));
            } catch (UserError e) {
                builder.add("not_run_here", e.what());
            }
            builder.add("tensors", file.tensors().size())
                    .add("weights", sums(file, GgufTensor::elements))
                    .add("bytes_by_type", sums(file, GgufTensor::bytes))
                    .add(
                            "weight_bytes",
                            file.tensors().values().stream()
                                    .mapToLong(GgufTensor::bytes)
                                    .sum());
            addTokenizer(file, builder);
            return builder.add("metadata", metadata(file.metadata())).build();
        }
    }

    private static void addTokenizer(GgufFile file, Description.Builder builder) {
        try {
            GgufTokenizer.read(file)
                    .ifPresent(tokenizer -> builder.add(
                            "tokenizer", TokenizerDescription.of(tokenizer).facts()));
        } catch (UserError e) {
            builder.add("tokenizer", e.what());
        }
        file.metadata().string(TEMPLATE).ifPresent(template -> builder.add("chat_template", template));
    }

    private static Map<String, Long> sums(GgufFile file, ToLongFunction<GgufTensor> figure) {
        Map<String, Long> sums = new TreeMap<>();
        file.tensors()
                .values()
                .forEach(tensor -> sums.merge(tensor.type().name(), figure.applyAsLong(tensor), Long::sum));
        return sums;
    }

    /** All values; of an array its type and length alone. */
    private static Map<String, Object> metadata(GgufMetadata metadata) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (String key : metadata.keys()) {
            if (!key.equals(TEMPLATE)) {
                Object value = metadata.value(key).orElseThrow();
                values.put(key, value instanceof GgufArray array ? array.toString() : value);
            }
        }
        return values;
    }
}
