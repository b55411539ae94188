package dev.cria.cli.jobs;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lines that grow into an output file: they are kept beside it in {@code NAME.partial}, with what they were made of in {@code
 * NAME.partial.settings}, until all are there. A run that was killed goes on from the last whole line. Nothing is written before the first line.
 */
public final class PartialOutput implements AutoCloseable {
    private static final long SYNC_NANOS = 1_000_000_000L;

    private final Path output;
    private final Path lines;
    private final Path settings;
    private final String made;
    private @Nullable FileChannel channel;
    private long synced;

    private PartialOutput(Path output, String made) {
        this.output = output;
        this.lines = output.resolveSibling(output.getFileName() + ".partial");
        this.settings = output.resolveSibling(output.getFileName() + ".partial.settings");
        this.made = made;
    }

    /**
     * Goes on with what lies beside {@code output}, if something does.
     *
     * @param made what the lines are made of, on one line; lines of something else are refused
     * @param fresh drop what lies there instead
     * @throws UserError if it was made of something else
     */
    public static PartialOutput open(Path output, String made, boolean fresh) throws IOException {
        PartialOutput opened = new PartialOutput(output, made);
        if (fresh) {
            opened.delete();
        }
        if (Files.exists(opened.lines)) {
            String found = Files.exists(opened.settings) ? Files.readString(opened.settings) : "";
            if (!found.strip().equals(made)) {
                throw opened.foreign("another model or other options");
            }
        }
        return opened;
    }

    /** That what lies there belongs to something else. */
    public UserError foreign(String what) {
        return new UserError(
                lines + " is what an interrupted run has left, and it is of " + what,
                "say --fresh to begin anew, or name another output");
    }

    /** The whole lines that are there already; the caller closes it. */
    public Optional<BufferedReader> found() throws IOException {
        if (!Files.exists(lines)) {
            return Optional.empty();
        }
        try (FileChannel file = FileChannel.open(lines, StandardOpenOption.WRITE)) {
            file.truncate(wholeLines());
        }
        return Optional.of(Files.newBufferedReader(lines));
    }

    /** Bytes up to the end of the last whole line. */
    private long wholeLines() throws IOException {
        long whole = 0;
        long at = 0;
        byte[] piece = new byte[1 << 16];
        try (InputStream in = new BufferedInputStream(Files.newInputStream(lines))) {
            for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                for (int i = 0; i < count; i++) {
                    if (piece[i] == '\n') {
                        whole = at + i + 1;
                    }
                }
                at += count;
            }
        }
        return whole;
    }

    /** Adds lines; they are on the disk a second later, or when the output is complete. */
    public void write(List<String> added) throws IOException {
        FileChannel file = begun();
        StringBuilder text = new StringBuilder();
        added.forEach(line -> text.append(line).append('\n'));
        ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
        if (System.nanoTime() - synced > SYNC_NANOS) {
            file.force(false);
            synced = System.nanoTime();
        }
    }

    private FileChannel begun() throws IOException {
        FileChannel file = channel;
        if (file == null) {
            DurableFiles.write(settings, made + "\n");
            file = FileChannel.open(lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            synced = System.nanoTime();
            channel = file;
        }
        return file;
    }

    /** Makes the lines the output. */
    public void complete() throws IOException {
        FileChannel file = begun();
        file.force(true);
        file.close();
        DurableFiles.replace(lines, output);
        Files.deleteIfExists(settings);
    }

    private void delete() throws IOException {
        Files.deleteIfExists(lines);
        Files.deleteIfExists(settings);
    }

    @Override
    public void close() throws IOException {
        FileChannel file = channel;
        if (file != null && file.isOpen()) {
            file.force(false);
            file.close();
        }
    }
}
