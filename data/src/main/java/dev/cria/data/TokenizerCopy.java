package dev.cria.data;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The copy of a tokenizer's files that lies beside the shards it made. */
final class TokenizerCopy {
    private TokenizerCopy() {}

    /**
     * Copies a tokenizer into a directory and makes sure that the copy loads as the same tokenizer.
     *
     * @param from its directory or file
     * @return the names of the files copied; none where {@code from} does not exist
     */
    static List<String> make(Path from, Tokenizer tokenizer, Path directory) throws IOException {
        if (!Files.exists(from)) {
            return List.of();
        }
        Files.createDirectories(directory);
        Tokenizers.copyFiles(from, directory);
        if (!isSame(directory, tokenizer)) {
            // A file was named that has another tokenizer, or another name, than its directory: copy that file alone.
            for (Path file : files(directory)) {
                Files.delete(file);
            }
            String name = from.toString().endsWith(".json") ? Tokenizers.JSON_FILE : Tokenizers.MODEL_FILE;
            if (Files.isRegularFile(from)) {
                Files.copy(from, directory.resolve(name));
            }
            if (!isSame(directory, tokenizer)) {
                throw new UserError(
                        "the tokenizer " + from
                                + " cannot be copied beside the data: its files disagree with each other",
                        "name its directory, with only the files that belong together");
            }
        }
        List<Path> copied = files(directory);
        for (Path file : copied) {
            DurableFiles.sync(file);
        }
        DurableFiles.syncDirectory(directory);
        return copied.stream().map(file -> String.valueOf(file.getFileName())).toList();
    }

    private static boolean isSame(Path directory, Tokenizer tokenizer) throws IOException {
        return !files(directory).isEmpty()
                && Tokenizers.load(directory).fingerprint().equals(tokenizer.fingerprint());
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> list = Files.list(directory)) {
            return list.sorted().toList();
        }
    }
}
