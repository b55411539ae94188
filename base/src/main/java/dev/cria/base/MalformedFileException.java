package dev.cria.base;

import java.nio.file.Path;

/** A file whose bytes are not what its format promises; every loader throws this, and nothing else, on damaged input. */
public final class MalformedFileException extends UserError {
    private final Path file;
    private final long offset;

    /**
     * @param file the file
     * @param offset byte offset of the damage, or -1 where the format has none (JSON says its own line and column)
     * @param what what is wrong there, without the file's name
     * @param hint what the user can do
     */
    public MalformedFileException(Path file, long offset, String what, String hint) {
        super(file + (offset >= 0 ? " at byte " + offset : "") + ": " + what, hint);
        this.file = file;
        this.offset = offset;
    }

    public Path file() {
        return file;
    }

    public long offset() {
        return offset;
    }
}
