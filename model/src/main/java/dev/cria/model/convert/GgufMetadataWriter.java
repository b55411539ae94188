package dev.cria.model.convert;

import dev.cria.base.UserError;
import dev.cria.model.GgufRope;
import dev.cria.model.LlamaConfig;
import dev.cria.model.gguf.GgufTokenizer;
import dev.cria.model.gguf.GgufValue;
import dev.cria.model.gguf.GgufWriter;
import dev.cria.text.GgufVocabulary;
import java.util.List;
import java.util.Optional;

/** The metadata of a GGUF file, as llama.cpp's converter writes them for a Llama. */
final class GgufMetadataWriter {
    private static final String LLAMA = "llama.";

    private final GgufWriter writer;

    GgufMetadataWriter(GgufWriter writer) {
        this.writer = writer;
    }

    /** What kind of file it is. */
    void general(String name) {
        string("general.architecture", "llama");
        string("general.type", "model");
        string("general.name", name);
    }

    /** The keys {@code llama.*}. */
    void configuration(LlamaConfig config) {
        uint32(LLAMA + "context_length", config.maxPositionEmbeddings());
        uint32(LLAMA + "embedding_length", config.hiddenSize());
        uint32(LLAMA + "block_count", config.numHiddenLayers());
        uint32(LLAMA + "feed_forward_length", config.intermediateSize());
        uint32(LLAMA + "attention.head_count", config.numAttentionHeads());
        uint32(LLAMA + "attention.head_count_kv", config.numKeyValueHeads());
        if (config.queryWidth() != config.hiddenSize()) {
            uint32(LLAMA + "attention.key_length", config.headDim());
            uint32(LLAMA + "attention.value_length", config.headDim());
        }
        float32(LLAMA + "attention.layer_norm_rms_epsilon", config.rmsNormEps());
        uint32(LLAMA + "vocab_size", config.vocabSize());
        uint32(LLAMA + "rope.dimension_count", config.headDim());
        float32(LLAMA + "rope.freq_base", config.ropeTheta());
        GgufRope.putScaling(writer, config.ropeScaling());
    }

    /** The keys {@code tokenizer.ggml.*}; of a model without a tokenizer, the ids that it begins and ends with. */
    void tokenizer(Optional<GgufVocabulary> found, LlamaConfig config, Optional<String> template) {
        String prefix = GgufTokenizer.PREFIX;
        if (found.isEmpty()) {
            string(prefix + "model", "none");
            uint32(prefix + "bos_token_id", config.bosTokenId());
            endIds(
                    config,
                    config.eosTokenIds().isEmpty()
                            ? Optional.empty()
                            : Optional.of(config.eosTokenIds().getFirst()));
            return;
        }
        GgufVocabulary vocabulary = padded(found.get(), config.vocabSize());
        string(prefix + "model", "llama");
        string(prefix + "pre", "default");
        writer.put(prefix + "tokens", GgufValue.strings(vocabulary.pieces()));
        writer.put(prefix + "scores", GgufValue.floats(vocabulary.scores()));
        int[] types = new int[vocabulary.size()];
        for (int i = 0; i < types.length; i++) {
            types[i] = vocabulary.types()[i];
        }
        writer.put(prefix + "token_type", GgufValue.ints(types));
        uint32(prefix + "bos_token_id", vocabulary.bosId());
        endIds(config, Optional.of(vocabulary.eosId()));
        vocabulary.unknownId().ifPresent(id -> uint32(prefix + "unknown_token_id", id));
        vocabulary.padId().ifPresent(id -> uint32(prefix + "padding_token_id", id));
        writer.put(prefix + "add_bos_token", GgufValue.bool(vocabulary.addsBos()));
        writer.put(prefix + "add_eos_token", GgufValue.bool(vocabulary.addsEos()));
        writer.put(prefix + "add_space_prefix", GgufValue.bool(vocabulary.addsSpacePrefix()));
        if (vocabulary.removeExtraWhitespaces()) {
            writer.put(prefix + "remove_extra_whitespaces", GgufValue.bool(true));
        }
        chatTemplate(template);
    }

    /** The chat template's source, if there is one. */
    void chatTemplate(Optional<String> template) {
        template.ifPresent(source -> string(GgufTokenizer.TEMPLATE, source));
    }

    /** What a text ends with: the tokenizer's EOS, then what else the configuration names, as far as there are keys. */
    private void endIds(LlamaConfig config, Optional<Integer> eos) {
        eos.ifPresent(id -> uint32(GgufTokenizer.PREFIX + "eos_token_id", id));
        List<Integer> others = config.eosTokenIds().stream()
                .filter(id -> !eos.equals(Optional.of(id)))
                .toList();
        List<String> keys = List.of("eot_token_id", "eom_token_id");
        for (int i = 0; i < Math.min(others.size(), keys.size()); i++) {
            uint32(GgufTokenizer.PREFIX + keys.get(i), others.get(i));
        }
    }

    private static GgufVocabulary padded(GgufVocabulary vocabulary, int rows) {
        if (vocabulary.size() > rows) {
            throw new UserError(
                    "the tokenizer has " + vocabulary.size() + " pieces, but the model's vocabulary is " + rows,
                    "check that the tokenizer belongs to this model");
        }
        return vocabulary.padded(rows);
    }

    /** What the weights are stored as. */
    void fileType(TargetType type) {
        uint32("general.file_type", type.fileType());
        // The layout of ggml's blocks, which has not changed since 2023.
        uint32("general.quantization_version", 2);
    }

    private void string(String key, String value) {
        writer.put(key, GgufValue.string(value));
    }

    private void uint32(String key, long value) {
        writer.put(key, GgufValue.uint32(value));
    }

    private void float32(String key, double value) {
        writer.put(key, GgufValue.float32(value));
    }
}
