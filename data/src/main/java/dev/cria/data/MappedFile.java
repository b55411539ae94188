package dev.cria.data;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.Supplier;
import java.util.zip.CRC32C;

/** A file mapped for reading, little-endian; its pages are the operating system's, not the heap's. Safe for many threads. */
final class MappedFile implements AutoCloseable {
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Path file;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment segment;

    /** @throws UserError when it is missing or cannot be read */
    MappedFile(Path file) {
        this.file = file;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            this.segment = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        } catch (NoSuchFileException e) {
            arena.close();
            throw new UserError(file + " is missing", "prepare the data again, or restore the file from a copy", e);
        } catch (IOException e) {
            arena.close();
            throw new UserError("cannot read " + file + ": " + e, "", e);
        }
    }

    Path file() {
        return file;
    }

    long size() {
        return segment.byteSize();
    }

    MemorySegment segment() {
        return segment;
    }

    /** At most {@code length} bytes from {@code offset}: fewer at the file's end. */
    byte[] bytes(long offset, int length) {
        int n = (int) Math.min(length, size() - offset);
        return guarded(() -> segment.asSlice(offset, n).toArray(ValueLayout.JAVA_BYTE));
    }

    int crc32c(long offset, long length) {
        return guarded(() -> {
            CRC32C crc = new CRC32C();
            crc.update(segment.asSlice(offset, length).asByteBuffer());
            return (int) crc.getValue();
        });
    }

    /** Runs a read; a file cut short under the mapping becomes a {@link MalformedFileException} instead of a VM error. */
    <T> T guarded(Supplier<T> read) {
        try {
            return read.get();
        } catch (InternalError e) {
            throw new MalformedFileException(
                    file,
                    -1,
                    "the file changed or could not be read while it was in use",
                    "restore the file and resume");
        }
    }

    @Override
    public void close() {
        arena.close();
    }
}
