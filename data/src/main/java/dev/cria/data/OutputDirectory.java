package dev.cria.data;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The directory that a data set is being written to. While a preparation runs it holds the marker file {@value #MARKER}, locked; the
 * manifest comes last and the marker goes after it. So whatever instant a run dies at, the directory is either a whole data set or visibly
 * none, and the next run may clear away what the dead one left, and only that.
 */
final class OutputDirectory implements AutoCloseable {
    static final String MARKER = "preparation-unfinished";
    static final String TOKENIZER = "tokenizer";

    private final Path directory;
    private final FileChannel channel;

    private OutputDirectory(Path directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    /**
     * Takes the directory, creating it where needed.
     *
     * @param overwrite whether a data set that is already there may be removed; files that are not a data set's are never removed
     * @throws UserError when something is in the way or another preparation is at work there
     */
    static OutputDirectory take(Path directory, boolean overwrite) {
        try {
            Files.createDirectories(directory);
            List<Path> present;
            try (Stream<Path> list = Files.list(directory)) {
                present = list.toList();
            }
            boolean unfinished = Files.exists(directory.resolve(MARKER));
            if (!present.isEmpty() && !unfinished && !overwrite) {
                throw new UserError(
                        "the output " + directory + " is not empty",
                        "choose another directory, or replace the data set in it with --overwrite");
            }
            boolean complete = Files.exists(directory.resolve(Manifest.FILE));
            if (complete && unfinished && !overwrite) {
                // The run died between its last two steps: the data set is whole.
                throw new UserError(
                        "the output " + directory + " holds a complete data set",
                        "use it as it is, or replace it with --overwrite");
            }
            FileChannel channel =
                    FileChannel.open(directory.resolve(MARKER), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            OutputDirectory output = new OutputDirectory(directory, channel);
            try {
                output.lock();
                output.clear();
                return output;
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (FileAlreadyExistsException e) {
            throw new UserError("the output " + directory + " is a file", "name a directory", e);
        } catch (AccessDeniedException e) {
            throw new UserError("cannot write to the output " + directory, "check its owner and permissions", e);
        } catch (IOException e) {
            throw new UserError("cannot write to the output " + directory + ": " + e, "", e);
        }
    }

    Path path() {
        return directory;
    }

    /** Writes the manifest and takes the marker away: from here on the data set counts. */
    void complete(Manifest manifest) throws IOException {
        ManifestFile.write(directory, manifest);
        channel.close();
        Files.delete(directory.resolve(MARKER));
        DurableFiles.syncDirectory(directory);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    private void lock() throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new UserError(
                    "another preparation is writing to " + directory,
                    "wait for it to end, or choose another directory");
        }
    }

    /** Removes an earlier data set, the manifest first: from then on it is none. */
    private void clear() throws IOException {
        if (Files.deleteIfExists(directory.resolve(Manifest.FILE))) {
            DurableFiles.syncDirectory(directory);
        }
        try (Stream<Path> list = Files.list(directory)) {
            for (Path file : list.toList()) {
                String name = String.valueOf(file.getFileName());
                boolean shard = name.endsWith(ShardWriter.EXTENSION)
                        || name.endsWith(ShardWriter.EXTENSION + ShardWriter.UNFINISHED);
                if (shard || name.equals(Manifest.FILE + ShardWriter.UNFINISHED)) {
                    Files.deleteIfExists(file);
                }
            }
        }
        Path tokenizer = directory.resolve(TOKENIZER);
        if (Files.isDirectory(tokenizer)) {
            try (Stream<Path> list = Files.list(tokenizer)) {
                for (Path file : list.toList()) {
                    Files.delete(file);
                }
            }
            Files.delete(tokenizer);
        }
    }
}
