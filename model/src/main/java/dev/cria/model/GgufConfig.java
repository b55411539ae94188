package dev.cria.model;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.model.gguf.GgufArray;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.gguf.GgufMetadata;
import dev.cria.model.gguf.GgufTensor;
import dev.cria.text.GgufVocabulary;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The configuration of a Llama in a GGUF file: the keys {@code llama.*}, and what the tensors themselves say. */
final class GgufConfig {
    private static final String LLAMA = "llama.";
    private static final String CONVERT = "convert the model again with a current converter";

    private final GgufFile file;
    private final GgufMetadata metadata;

    private GgufConfig(GgufFile file) {
        this.file = file;
        this.metadata = file.metadata();
    }

    /**
     * The configuration of a file.
     *
     * @throws MalformedFileException if a key is missing, of a wrong type, or contradicts the tensors
     * @throws UserError if the file holds no Llama that Cria runs
     */
    static LlamaConfig read(GgufFile file) {
        return new GgufConfig(file).read();
    }

    private LlamaConfig read() {
        requireLlama();
        int hidden = requiredInt("embedding_length");
        int heads = requiredInt("attention.head_count");
        if (heads < 1) {
            throw error(LLAMA + "attention.head_count", "is " + heads);
        }
        int headDim = headDim(hidden, heads);
        double theta = metadata.number(LLAMA + "rope.freq_base").orElse(10000.0);
        try {
            return new LlamaConfig(
                    hidden,
                    requiredInt("feed_forward_length"),
                    requiredInt("block_count"),
                    heads,
                    optionalInt(LLAMA + "attention.head_count_kv").orElse(heads),
                    headDim,
                    vocabulary(),
                    requiredInt("context_length"),
                    metadata.number(LLAMA + "attention.layer_norm_rms_epsilon")
                            .orElseThrow(() -> missing("attention.layer_norm_rms_epsilon")),
                    theta,
                    scaling(headDim, theta),
                    file.find(GgufNames.HEAD).isEmpty(),
                    optionalInt("tokenizer.ggml.bos_token_id").orElse(GgufVocabulary.DEFAULT_BOS),
                    endIds());
        } catch (UserError e) {
            // The record does not know its file; a message that came from here already does.
            throw e.what().startsWith("model configuration:")
                    ? new UserError(file.path() + ": " + e.what(), CONVERT)
                    : e;
        }
    }

    private void requireLlama() {
        String architecture =
                metadata.string("general.architecture").orElseThrow(() -> error("general.architecture", "is missing"));
        if (!architecture.equals("llama")) {
            throw new UserError(
                    file.path() + ": the architecture is '" + architecture + "'; Cria runs 'llama'",
                    "use a model of Llama's architecture");
        }
        String type = metadata.string("general.type").orElse("model");
        if (!type.equals("model")) {
            throw new UserError(
                    file.path() + " holds no model: its general.type is '" + type + "'", "give a model's file");
        }
        if (metadata.integer("split.count").orElse(0) > 1) {
            throw new UserError(
                    file.path() + " is one of "
                            + metadata.integer("split.count").getAsLong() + " parts of a model; Cria reads whole files",
                    "merge the parts with llama.cpp's llama-gguf-split --merge");
        }
        if (metadata.integer(LLAMA + "expert_count").orElse(0) > 0) {
            throw new UserError(
                    file.path() + " is a mixture of experts ('llama.expert_count' is set); Cria runs dense Llamas",
                    "use a model without experts");
        }
    }

    private int headDim(int hidden, int heads) {
        Optional<Integer> key = optionalInt(LLAMA + "attention.key_length");
        if (key.isEmpty() && hidden % heads != 0) {
            throw error(LLAMA + "embedding_length", "is " + hidden + ", no multiple of the " + heads + " heads");
        }
        int headDim = key.orElse(hidden / heads);
        for (String name : List.of("attention.value_length", "rope.dimension_count")) {
            optionalInt(LLAMA + name).filter(value -> value != headDim).ifPresent(value -> {
                throw error(LLAMA + name, "is " + value + " where heads have " + headDim + " dimensions");
            });
        }
        return headDim;
    }

    /** Rows of the embedding, which what else speaks of the vocabulary must agree with. */
    private int vocabulary() {
        GgufTensor embedding = file.find(GgufNames.EMBEDDING)
                .orElseThrow(() -> new UserError(
                        file.path() + " has no tensor '" + GgufNames.EMBEDDING + "'",
                        "check that the file holds a whole Llama"));
        long rows = embedding.shape().getFirst();
        requireRows(LLAMA + "vocab_size", metadata.integer(LLAMA + "vocab_size"), rows);
        String tokens = "tokenizer.ggml.tokens";
        Optional<GgufArray> pieces = metadata.array(tokens);
        requireRows(tokens, pieces.isPresent() ? OptionalLong.of(pieces.get().count()) : OptionalLong.empty(), rows);
        if (rows > Integer.MAX_VALUE) {
            throw error(LLAMA + "vocab_size", "would be " + rows);
        }
        return (int) rows;
    }

    private void requireRows(String key, OptionalLong size, long rows) {
        if (size.isPresent() && size.getAsLong() != rows) {
            throw error(
                    key,
                    "gives a vocabulary of " + size.getAsLong() + ", but '" + GgufNames.EMBEDDING + "' has " + rows
                            + " rows");
        }
    }

    private RopeScaling scaling(int headDim, double theta) {
        if (file.find(GgufNames.ROPE_DIVISORS).isPresent()) {
            return GgufRope.read(file, headDim, theta);
        }
        String type = metadata.string(LLAMA + "rope.scaling.type").orElse("none");
        Optional<Double> factor = metadata.number(LLAMA + "rope.scaling.factor");
        return switch (type) {
            case "none" ->
                metadata.number(LLAMA + "rope.scale_linear")
                        .<RopeScaling>map(RopeScaling.Linear::new)
                        .orElse(new RopeScaling.None());
            case "linear" -> new RopeScaling.Linear(factor.orElseThrow(() -> missing("rope.scaling.factor")));
            default ->
                throw new UserError(
                        file.path() + ": 'llama.rope.scaling.type' is '" + type
                                + "'; Cria knows none, linear and llama3",
                        "use a model with another way of scaling");
        };
    }

    /** All ids that end a text. */
    private List<Integer> endIds() {
        List<Integer> ids = new ArrayList<>();
        ids.add(optionalInt("tokenizer.ggml.eos_token_id").orElse(GgufVocabulary.DEFAULT_EOS));
        for (String key : List.of("tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id")) {
            optionalInt(key).filter(id -> !ids.contains(id)).ifPresent(ids::add);
        }
        return ids;
    }

    private int requiredInt(String name) {
        return optionalInt(LLAMA + name).orElseThrow(() -> missing(name));
    }

    private Optional<Integer> optionalInt(String key) {
        OptionalLong value = metadata.integer(key);
        if (value.isEmpty()) {
            return Optional.empty();
        }
        if (value.getAsLong() != (int) value.getAsLong()) {
            throw error(key, "is " + value.getAsLong());
        }
        return Optional.of((int) value.getAsLong());
    }

    private MalformedFileException missing(String name) {
        return error(LLAMA + name, "is missing");
    }

    private MalformedFileException error(String key, String what) {
        return new MalformedFileException(file.path(), metadata.offset(key), "metadata '" + key + "' " + what, CONVERT);
    }
}
