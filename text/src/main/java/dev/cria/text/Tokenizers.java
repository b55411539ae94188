package dev.cria.text;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;

/** Finds and loads tokenizers. */
public final class Tokenizers {
    /** SentencePiece's file. */
    public static final String MODEL_FILE = "tokenizer.model";

    /** The file of Hugging Face's tokenizers. */
    public static final String JSON_FILE = "tokenizer.json";

    private static final List<String> FILES = List.of(
            MODEL_FILE,
            JSON_FILE,
            TokenizerConfig.FILE_NAME,
            "special_tokens_map.json",
            "added_tokens.json",
            "chat_template.jinja");

    private Tokenizers() {}

    /**
     * Loads a tokenizer. In a directory {@code tokenizer.json} is taken where it asks for nothing unknown, else {@code tokenizer.model};
     * {@code tokenizer_config.json} beside it names the special tokens.
     *
     * @throws dev.cria.base.MalformedFileException where a file is damaged
     * @throws UserError where there is no tokenizer, or only one that asks for something Cria does not do
     */
    public static Tokenizer load(Path fileOrDirectory) {
        if (!Files.isDirectory(fileOrDirectory)) {
            return loadFile(fileOrDirectory);
        }
        Path json = fileOrDirectory.resolve(JSON_FILE);
        Path model = fileOrDirectory.resolve(MODEL_FILE);
        boolean hasModel = Files.exists(model);
        if (Files.exists(json)) {
            try {
                return loadFile(json);
            } catch (UserError e) {
                if (!hasModel || e instanceof dev.cria.base.MalformedFileException) {
                    throw e;
                }
            }
        }
        if (!hasModel) {
            throw new UserError(
                    fileOrDirectory + ": no tokenizer.json and no tokenizer.model there",
                    "give the directory of a model, or train a tokenizer with `cria tokenizer train`");
        }
        return loadFile(model);
    }

    /**
     * The tokenizer of a GGUF file's vocabulary: its ids are those of sentencepiece and of llama.cpp. User-defined pieces are looked for in every text,
     * as llama.cpp does.
     *
     * @throws dev.cria.base.MalformedFileException where the vocabulary is damaged
     */
    public static Tokenizer of(GgufVocabulary vocabulary) {
        return of(vocabulary, Path.of("the GGUF vocabulary"));
    }

    /** The same, with the file's name for errors. */
    public static Tokenizer of(GgufVocabulary vocabulary, Path file) {
        return GgufSentencePiece.tokenizer(file, vocabulary);
    }

    /**
     * Writes a tokenizer as Hugging Face files: {@code tokenizer.model}, {@code tokenizer.json} and {@code tokenizer_config.json}. Where a tokenizer came
     * from Hugging Face files, {@link #copyFiles} keeps more of them.
     *
     * @param chatTemplate the Jinja source, if the model has one
     * @throws UserError where the files cannot say what the tokenizer does
     */
    public static void save(Tokenizer tokenizer, Optional<String> chatTemplate, Path directory) throws IOException {
        HuggingFaceFiles.save(tokenizer, chatTemplate, directory);
    }

    private static Tokenizer loadFile(Path file) {
        byte[] bytes = JsonFiles.bytes(file);
        Path parent = file.toAbsolutePath().getParent();
        TokenizerConfig config = parent == null ? TokenizerConfig.none() : TokenizerConfig.ofDirectory(parent);
        if (looksLikeJson(file, bytes)) {
            try {
                return new HuggingFaceTokenizer(file, TokenizerJsonReader.read(file, bytes), config);
            } catch (JacksonException e) { // a value of a kind that nothing else has noticed
                throw JsonFiles.malformed(file, e.getOriginalMessage());
            }
        }
        return new SentencePieceTokenizer(file, SentencePieceModelReader.read(file, bytes), config);
    }

    /** By the name; else by the first byte that is no white space (a model's first is 0x0A, a line feed, and then comes a length). */
    private static boolean looksLikeJson(Path file, byte[] bytes) {
        if (file.toString().endsWith(".model") || file.toString().endsWith(".json")) {
            return file.toString().endsWith(".json");
        }
        for (byte b : bytes) {
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b == '{' || b == '[';
            }
        }
        return false;
    }

    /**
     * Copies whatever tokenizer files there are into a checkpoint.
     *
     * @param from a tokenizer's directory, or one of its files
     * @param toDirectory an existing directory
     */
    public static void copyFiles(Path from, Path toDirectory) throws IOException {
        Path directory = Files.isDirectory(from) ? from : from.toAbsolutePath().getParent();
        for (String name : FILES) {
            Path file = directory == null ? Path.of(name) : directory.resolve(name);
            if (Files.exists(file)) {
                Files.copy(file, toDirectory.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
