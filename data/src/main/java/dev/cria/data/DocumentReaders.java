package dev.cria.data;

import dev.cria.base.UserError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Opens files, folders, archives and streams as one sequence of documents. */
public final class DocumentReaders {
    /** The input that stands for the standard input. */
    public static final Path STANDARD_INPUT = Path.of("-");

    private DocumentReaders() {}

    /**
     * Opens inputs, to be read in the order given. An input is a file, a folder (all files below it, by name, hidden ones passed over), a
     * zip or jar, a named pipe, or {@code -} for the standard input. What a file is, its name tells ({@link InputFormat#of}); {@code .gz}
     * and {@code .zst} are unpacked. Reading is streamed: memory does not grow with the input.
     *
     * @return a stream that must be closed
     * @throws UserError when there are no inputs or one does not exist
     */
    public static DocumentStream open(List<Path> inputs, ReadOptions options) {
        if (inputs.isEmpty()) {
            throw new UserError("no input was named", "name files or folders with --input");
        }
        for (Path input : inputs) {
            if (!input.equals(STANDARD_INPUT) && !Files.exists(input)) {
                throw new UserError("the input " + input + " does not exist", "check the spelling");
            }
        }
        return new DocumentStream(inputs, options);
    }
}
