package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.model.gguf.GgufFile;
import dev.cria.model.gguf.GgufTokenizer;
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
                    "A folder with tokenizer.json or tokenizer.model (a model's folder will do), one of these files, or a GGUF file.")
    private Path tokenizer;

    /** The files, for what keeps a copy of them. */
    Path path() {
        if (GgufFile.isGguf(tokenizer)) {
            throw new UserError(
                    tokenizer + " is a GGUF file; the tokenizer's own files are needed here",
                    "make them with `cria convert --format hf`");
        }
        return tokenizer;
    }

    Tokenizer load() {
        if (!GgufFile.isGguf(tokenizer)) {
            return Tokenizers.load(tokenizer);
        }
        try (GgufFile file = GgufFile.open(tokenizer)) {
            return GgufTokenizer.read(file)
                    .orElseThrow(() -> new UserError(tokenizer + " has no tokenizer", "give another model's"));
        }
    }
}
