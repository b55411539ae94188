package dev.cria.model.hub;

import dev.cria.base.DurableFiles;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * The beginning of a blob that is still on its way, {@code HASH.incomplete}. It only ever grows at its end, so that whatever kills the
 * program leaves a beginning to go on from; the hash grows with it. Errors of the disk are {@link UncheckedIOException}s, because no
 * further attempt at the network mends them.
 */
final class IncompleteBlob implements AutoCloseable {
    static final String SUFFIX = ".incomplete";

    private final Path path;
    // Not a channel: an interrupted thread would close it for all.
    private final RandomAccessFile out;
    private final HubFile file;
    private MessageDigest digest;
    private long length;

    private IncompleteBlob(Path path, RandomAccessFile out, HubFile file) {
        this.path = path;
        this.out = out;
        this.file = file;
        this.digest = file.checksum().start(file.size());
    }

    /** Opens what an earlier attempt left beside {@code blob}, or begins. */
    static IncompleteBlob open(Path blob, HubFile file) throws IOException {
        Files.createDirectories(blob.toAbsolutePath().getParent());
        Path path = blob.resolveSibling(blob.getFileName() + SUFFIX);
        IncompleteBlob incomplete = new IncompleteBlob(path, new RandomAccessFile(path.toFile(), "rw"), file);
        try {
            incomplete.takeUp();
            return incomplete;
        } catch (IOException | RuntimeException e) {
            incomplete.close();
            throw e;
        }
    }

    private void takeUp() throws IOException {
        if (out.length() > file.size()) {
            reset();
            return;
        }
        byte[] buffer = new byte[1 << 20];
        for (int n = out.read(buffer); n >= 0; n = out.read(buffer)) {
            digest.update(buffer, 0, n);
            length += n;
        }
    }

    /** Bytes that are here. */
    long length() {
        return length;
    }

    /** Appends bytes. */
    void append(byte[] bytes, int offset, int count) {
        if (count > file.size() - length) {
            throw new IllegalStateException(
                    file.path() + ": " + count + " bytes after " + length + " of " + file.size());
        }
        try {
            out.write(bytes, offset, count);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        digest.update(bytes, offset, count);
        length += count;
    }

    /** Begins again. */
    void reset() {
        try {
            out.setLength(0);
            out.seek(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        digest = file.checksum().start(file.size());
        length = 0;
    }

    /** Whether the bytes are those that the hub announced; to be asked once, when all are here. */
    boolean isRight() {
        return length == file.size() && file.checksum().matches(digest);
    }

    /** Makes the file the blob, durably. */
    void complete(Path blob) throws IOException {
        out.getFD().sync();
        out.close();
        DurableFiles.replace(path, blob);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
