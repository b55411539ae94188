package dev.cria.cli;

import dev.cria.text.Tokenizer;
import dev.cria.text.Tokenizers;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which tokenizer. */
final class TokenizerOption {
    @Option(
            names = "--tokenizer",
            paramLabel = "DIR_OR_FILE",
            required = true,
            description =
                    "A folder with tokenizer.json or tokenizer.model (a model's folder will do), or one of these files.")
    private Path tokenizer;

    Path path() {
        return tokenizer;
    }

    Tokenizer load() {
        return Tokenizers.load(tokenizer);
    }
}
