package dev.cria.model.convert;

import dev.cria.model.HuggingFaceDirectory;
import dev.cria.model.LlamaConfig;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.tensor.RopeOrder;
import dev.cria.tensor.Tensor;
import dev.cria.text.ChatTemplate;
import dev.cria.text.GgufVocabulary;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * A model directory as Hugging Face lays it out.
 *
 * @param text the directory of its tokenizer and chat template
 */
record HuggingFaceSource(Path path, LlamaConfig config, Safetensors file, Path text) implements ModelSource {
    private static final String GENERATION = "generation_config.json";

    @SuppressWarnings("MustBeClosedChecker")
    static HuggingFaceSource open(Path directory) {
        LlamaConfig config = HuggingFaceDirectory.readConfig(directory);
        Safetensors file = Safetensors.open(directory);
        boolean opened = false;
        try {
            HuggingFaceDirectory.requireWeights(file, config);
            opened = true;
            return new HuggingFaceSource(directory, config, file, directory);
        } finally {
            if (!opened) {
                file.close();
            }
        }
    }

    @Override
    public RopeOrder ropeOrder() {
        return RopeOrder.HALVES;
    }

    @Override
    public Tensor tensor(String name) {
        return file.tensor(name);
    }

    @Override
    public Optional<GgufFile> gguf() {
        return Optional.empty();
    }

    @Override
    public boolean hasTokenizer() {
        return has(Tokenizers.JSON_FILE) || has(Tokenizers.MODEL_FILE);
    }

    private boolean has(String name) {
        return Files.exists(text.resolve(name));
    }

    /** Scores come from {@code tokenizer.model} where there is one: {@code tokenizer.json} knows only their order. */
    @Override
    public Optional<GgufVocabulary> vocabulary() {
        if (!has(Tokenizers.JSON_FILE)) {
            return has(Tokenizers.MODEL_FILE)
                    ? Optional.of(GgufVocabulary.of(Tokenizers.load(text.resolve(Tokenizers.MODEL_FILE))))
                    : Optional.empty();
        }
        Tokenizer taken = Tokenizers.load(text);
        if (has(Tokenizers.MODEL_FILE)) {
            Tokenizer scored = Tokenizers.load(text.resolve(Tokenizers.MODEL_FILE));
            if (scored.vocabularySize() == taken.vocabularySize()) {
                // Texts are to be cut as the directory's own tokenizer cuts them, which never joins spaces.
                return Optional.of(keepingSpaces(GgufVocabulary.of(scored)));
            }
        }
        return Optional.of(GgufVocabulary.of(taken));
    }

    private static GgufVocabulary keepingSpaces(GgufVocabulary v) {
        return new GgufVocabulary(
                v.pieces(),
                v.scores(),
                v.types(),
                v.bosId(),
                v.eosId(),
                v.unknownId(),
                v.padId(),
                v.addsBos(),
                v.addsEos(),
                v.addsSpacePrefix(),
                false);
    }

    @Override
    public Optional<String> chatTemplate() {
        return ChatTemplate.find(text).map(ChatTemplate::source);
    }

    @Override
    public ModelSource withTextOf(Path directory) {
        return new HuggingFaceSource(path, config, file, directory);
    }

    @Override
    public void writeCompanions(Path directory) throws IOException {
        Tokenizers.copyFiles(text, directory);
        if (Files.exists(path.resolve(GENERATION))) {
            Files.copy(path.resolve(GENERATION), directory.resolve(GENERATION), StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
