package dev.cria.model.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Keeps two pulls of one model apart, in this process and in others: the second waits, and then finds the files there. */
final class RepositoryLock implements AutoCloseable {
    private static final long PAUSE_MILLIS = 200;

    private final FileChannel channel;

    private RepositoryLock(FileChannel channel) {
        this.channel = channel;
    }

    /** Takes the lock, however long that lasts. */
    static RepositoryLock take(Path file, Consumer<String> notices) throws IOException, InterruptedException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            boolean told = false;
            while (tryLock(channel) == null) {
                if (!told) {
                    notices.accept("another pull of this model is running; waiting for it");
                    told = true;
                }
                Thread.sleep(PAUSE_MILLIS);
            }
            return new RepositoryLock(channel);
        } catch (IOException | InterruptedException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null; // somebody else in this process has it
        }
    }

    /** Lets others in; the file stays, since removing it would let two in at once. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
