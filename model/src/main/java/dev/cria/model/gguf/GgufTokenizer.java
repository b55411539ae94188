package dev.cria.model.gguf;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.text.GgufVocabulary;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** The tokenizer of a GGUF file: the keys {@code tokenizer.ggml.*}. */
public final class GgufTokenizer {
    /** What all keys of a vocabulary begin with. */
    public static final String PREFIX = "tokenizer.ggml.";

    /** The key of the chat template. */
    public static final String TEMPLATE = "tokenizer.chat_template";

    private GgufTokenizer() {}

    /**
     * A file's tokenizer, if it has one.
     *
     * @throws UserError if it is damaged or not SentencePiece's
     */
    public static Optional<Tokenizer> read(GgufFile file) {
        return vocabulary(file).map(vocabulary -> Tokenizers.of(vocabulary, file.path()));
    }

    /**
     * A file's vocabulary, if it has one.
     *
     * @throws MalformedFileException if a key is of a wrong type or an array has a wrong length
     * @throws UserError if it is not SentencePiece's
     */
    public static Optional<GgufVocabulary> vocabulary(GgufFile file) {
        GgufMetadata metadata = file.metadata();
        Optional<GgufArray> tokens = metadata.array(PREFIX + "tokens");
        if (tokens.isEmpty()) {
            return Optional.empty();
        }
        String model = metadata.string(PREFIX + "model").orElse("unnamed");
        if (!model.equals("llama")) {
            throw new UserError(
                    file.path() + ": the tokenizer is '" + model + "'; Cria knows 'llama', SentencePiece's",
                    "use a model with Llama 2's kind of tokenizer");
        }
        List<String> pieces = tokens.get().strings();
        return Optional.of(new GgufVocabulary(
                pieces,
                scores(file, pieces.size()),
                types(file, pieces.size()),
                id(file, "bos_token_id").orElse(GgufVocabulary.DEFAULT_BOS),
                id(file, "eos_token_id").orElse(GgufVocabulary.DEFAULT_EOS),
                id(file, "unknown_token_id"),
                id(file, "padding_token_id"),
                metadata.bool(PREFIX + "add_bos_token").orElse(true),
                metadata.bool(PREFIX + "add_eos_token").orElse(false),
                metadata.bool(PREFIX + "add_space_prefix").orElse(true),
                metadata.bool(PREFIX + "remove_extra_whitespaces").orElse(false)));
    }

    /** The source of a file's chat template, if it has one. */
    public static Optional<String> chatTemplate(GgufFile file) {
        return file.metadata().string(TEMPLATE);
    }

    private static float[] scores(GgufFile file, int count) {
        Optional<GgufArray> array = file.metadata().array(PREFIX + "scores");
        float[] scores = array.isEmpty() ? new float[count] : array.get().floats();
        requireLength(file, "scores", scores.length, count);
        return scores;
    }

    private static byte[] types(GgufFile file, int count) {
        byte[] types = new byte[count];
        Optional<GgufArray> array = file.metadata().array(PREFIX + "token_type");
        if (array.isEmpty()) {
            Arrays.fill(types, GgufVocabulary.NORMAL);
            return types;
        }
        int[] numbers = array.get().ints();
        requireLength(file, "token_type", numbers.length, count);
        for (int i = 0; i < count; i++) {
            if (numbers[i] < GgufVocabulary.NORMAL || numbers[i] > GgufVocabulary.BYTE) {
                throw GgufCursor.malformed(
                        file.path(),
                        file.metadata().offset(PREFIX + "token_type"),
                        "piece " + i + " is of the unknown type " + numbers[i]);
            }
            types[i] = (byte) numbers[i];
        }
        return types;
    }

    private static void requireLength(GgufFile file, String key, int length, int count) {
        if (length != count) {
            throw GgufCursor.malformed(
                    file.path(),
                    file.metadata().offset(PREFIX + key),
                    "metadata '" + PREFIX + key + "' has " + length + " entries for " + count + " pieces");
        }
    }

    private static OptionalInt id(GgufFile file, String key) {
        OptionalLong value = file.metadata().integer(PREFIX + key);
        if (value.isEmpty()) {
            return OptionalInt.empty();
        }
        if (value.getAsLong() < 0 || value.getAsLong() > Integer.MAX_VALUE) {
            throw GgufCursor.malformed(
                    file.path(),
                    file.metadata().offset(PREFIX + key),
                    "metadata '" + PREFIX + key + "' is " + value.getAsLong());
        }
        return OptionalInt.of((int) value.getAsLong());
    }
}
