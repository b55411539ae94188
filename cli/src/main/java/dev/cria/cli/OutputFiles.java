package dev.cria.cli;

import dev.cria.base.UserError;
import java.nio.file.Files;
import java.nio.file.Path;

/** Checks where results are to go before any work is done for them. */
final class OutputFiles {
    private OutputFiles() {}

    /** Refuses a file whose folder is missing or that is a folder itself. */
    static void requireParent(Path file) {
        if (Files.isDirectory(file)) {
            throw new UserError(file + " is a folder", "name a file");
        }
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw new UserError("the folder of " + file + " does not exist", "create it, or name another file");
        }
        if (!Files.isWritable(parent)) {
            throw new UserError("the folder of " + file + " is not writable", "name a file elsewhere");
        }
    }
}
