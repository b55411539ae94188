package dev.cria.model;

import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** A tokenizer that is loaded when first asked for. */
final class TokenizerSource {
    private final Optional<Path> directory;
    private Optional<Tokenizer> loaded;

    private TokenizerSource(Optional<Path> directory, Optional<Tokenizer> loaded) {
        this.directory = directory;
        this.loaded = loaded;
    }

    static TokenizerSource of(Optional<Tokenizer> tokenizer) {
        return new TokenizerSource(Optional.empty(), tokenizer);
    }

    /** The tokenizer of a model directory, if it has the files of one. */
    static TokenizerSource inDirectory(Path directory) {
        boolean present = Files.exists(directory.resolve(Tokenizers.JSON_FILE))
                || Files.exists(directory.resolve(Tokenizers.MODEL_FILE));
        return new TokenizerSource(present ? Optional.of(directory) : Optional.empty(), Optional.empty());
    }

    synchronized Optional<Tokenizer> get() {
        if (loaded.isEmpty()) {
            loaded = directory.map(Tokenizers::load);
        }
        return loaded;
    }
}
