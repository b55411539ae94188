package dev.cria.text;

import dev.cria.base.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** What a training gives: a tokenizer, and the files it is kept in. */
public final class TrainedTokenizer {
    /** Roles as tags on lines of their own, each message ended by the end-of-sequence token. */
    private static final String CHAT_TEMPLATE = """
            {%- for message in messages -%}
            {{- '<|' + message['role'] + '|>\\n' + message['content'] + eos_token + '\\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|assistant|>\\n' -}}{%- endif -%}
            """.stripTrailing();

    private final SentencePieceModel model;
    private final TrainerOptions options;
    private final SentencePieceTokenizer tokenizer;

    TrainedTokenizer(SentencePieceModel model, TrainerOptions options) {
        this.model = model;
        this.options = options;
        tokenizer = new SentencePieceTokenizer(Path.of(Tokenizers.MODEL_FILE), model, TokenizerConfig.none());
    }

    /** The tokenizer, ready to use. Its vocabulary is smaller than asked where the text did not yield more pieces. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Whether the text yielded as many pieces as were asked for. */
    public boolean isComplete() {
        return tokenizer.vocabularySize() == options.vocabularySize();
    }

    /**
     * Writes {@code tokenizer.model} (for sentencepiece), {@code tokenizer.json} (for tokenizers and transformers) and
     * {@code tokenizer_config.json} (special tokens, and a chat template in the style of Zephyr and TinyLlama Chat).
     */
    public void save(Path directory) throws IOException {
        Files.createDirectories(directory);
        DurableFiles.write(
                directory.resolve(Tokenizers.MODEL_FILE), SentencePieceModelWriter.write(model, Optional.of(options)));
        DurableFiles.write(directory.resolve(Tokenizers.JSON_FILE), TokenizerJsonWriter.write(model));
        DurableFiles.write(
                directory.resolve(TokenizerConfig.FILE_NAME),
                TokenizerConfigWriter.write(tokenizer, Optional.of(CHAT_TEMPLATE)));
    }
}
