package dev.cria.text;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Writes a tokenizer that came from elsewhere, such as a GGUF file, as the files that Hugging Face's libraries and sentencepiece read. */
final class HuggingFaceFiles {
    private HuggingFaceFiles() {}

    /** Each tokenizer is first said as a GGUF vocabulary, the least that all of them can be said in. */
    static void save(Tokenizer tokenizer, Optional<String> chatTemplate, Path directory) throws IOException {
        GgufVocabulary vocabulary = GgufVocabulary.of(tokenizer);
        SentencePieceTokenizer plain =
                GgufSentencePiece.tokenizer(directory.resolve(Tokenizers.MODEL_FILE), vocabulary);
        Files.createDirectories(directory);
        SentencePieceModel model = plain.model();
        boolean hasUnknown = model.pieces().stream().anyMatch(p -> p.type() == SentencePieceModel.Type.UNKNOWN);
        if (hasUnknown) { // sentencepiece refuses a model without
            DurableFiles.write(
                    directory.resolve(Tokenizers.MODEL_FILE), SentencePieceModelWriter.write(model, Optional.empty()));
        }
        boolean hasJson = isPlainBpe(plain);
        if (hasJson) {
            DurableFiles.write(directory.resolve(Tokenizers.JSON_FILE), TokenizerJsonWriter.write(model));
        }
        if (!hasUnknown && !hasJson) {
            throw new UserError(
                    "the tokenizer has no unknown piece, and merges in a way that only sentencepiece knows, so neither file can hold it",
                    "keep the format that the model has");
        }
        DurableFiles.write(
                directory.resolve(TokenizerConfig.FILE_NAME), TokenizerConfigWriter.write(plain, chatTemplate));
    }

    /** Whether a {@code tokenizer.json} gives the same ids: it knows no switched-off pieces, and merges nothing but pieces. */
    private static boolean isPlainBpe(SentencePieceTokenizer tokenizer) {
        SentencePieceModel model = tokenizer.model();
        if (model.removeExtraWhitespaces() || tokenizer.resegments()) {
            return false;
        }
        int size = tokenizer.vocabularySize();
        int[] others = new int[1];
        new SentencePieceBpe(Path.of(Tokenizers.MODEL_FILE), model, tokenizer.vocabulary())
                .build()
                .pairs()
                .forEach((left, right, rank, merged) -> others[0] += left >= size || right >= size ? 1 : 0);
        return others[0] == 0;
    }
}
