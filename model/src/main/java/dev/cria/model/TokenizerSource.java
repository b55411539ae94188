package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.gguf.GgufTokenizer;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** A tokenizer and a chat template that are loaded when first asked for. */
final class TokenizerSource {
    private final Supplier<Optional<Tokenizer>> load;
    private final Function<TokenizerSource, Optional<ChatTemplate>> template;
    private Optional<Tokenizer> loaded = Optional.empty();

    /**
     * @param load called until it gives a tokenizer, for the first who asks
     * @param template called for whoever asks
     */
    TokenizerSource(Supplier<Optional<Tokenizer>> load, Function<TokenizerSource, Optional<ChatTemplate>> template) {
        this.load = load;
        this.template = template;
    }

    static TokenizerSource of(Optional<Tokenizer> tokenizer) {
        return new TokenizerSource(() -> tokenizer, source -> Optional.empty());
    }

    /** The tokenizer and template of a model directory, if it has the files of one. */
    static TokenizerSource inDirectory(Path directory) {
        boolean present = Files.exists(directory.resolve(Tokenizers.JSON_FILE))
                || Files.exists(directory.resolve(Tokenizers.MODEL_FILE));
        return new TokenizerSource(
                () -> present ? Optional.of(Tokenizers.load(directory)) : Optional.empty(),
                source -> ChatTemplate.find(directory));
    }

    /** The tokenizer and template of a GGUF file. */
    static TokenizerSource inGguf(GgufModel model) {
        return new TokenizerSource(
                () -> GgufTokenizer.read(model.file()),
                source -> model.chatTemplate().map(template -> {
                    Tokenizer tokenizer = source.get()
                            .orElseThrow(() -> new UserError(
                                    model.file().path() + " has a chat template but no vocabulary",
                                    "convert the model again with a current converter"));
                    return ChatTemplate.of(
                            template, tokenizer.piece(tokenizer.bosId()), tokenizer.piece(tokenizer.eosId()));
                }));
    }

    /** This one, and where it lacks something another. */
    TokenizerSource orElse(TokenizerSource other) {
        return new TokenizerSource(
                () -> get().or(other::get), source -> template().or(other::template));
    }

    synchronized Optional<Tokenizer> get() {
        if (loaded.isEmpty()) {
            loaded = load.get();
        }
        return loaded;
    }

    Optional<ChatTemplate> template() {
        return template.apply(this);
    }
}
