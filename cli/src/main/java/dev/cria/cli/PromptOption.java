package dev.cria.cli;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** What a model is to continue or answer: on the command line, or in a file where it is long. */
final class PromptOption {
    @Option(names = "--prompt", paramLabel = "TEXT", description = "What to continue or answer.")
    private Optional<String> text = Optional.empty();

    @Option(names = "--prompt-file", paramLabel = "FILE", description = "The same, in a file of UTF-8.")
    private Optional<Path> file = Optional.empty();

    boolean isGiven() {
        return text.isPresent() || file.isPresent();
    }

    /** Refuses a command without a prompt, unless it can do without. */
    void require(boolean dispensable) {
        if (!isGiven() && !dispensable) {
            throw new UserError("there is no prompt", "give --prompt TEXT or --prompt-file FILE");
        }
    }

    /** The text. */
    String text() {
        return text.orElseGet(() -> read(file.orElseThrow()));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new UserError(file + " does not exist", "check the path");
        } catch (CharacterCodingException e) {
            throw new UserError(file + " is no UTF-8 text", "convert it to UTF-8");
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e.getMessage(), "check the path and its permissions", e);
        }
    }
}
