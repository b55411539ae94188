package dev.cria.model.gguf;

import dev.cria.base.MalformedFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Reads a header from front to back. Every step is checked against the file's end before it is taken. Bytes pass through a window on the
 * heap: while a program is still being interpreted, an array is read many times faster than a mapping, and a vocabulary has 32,000 lengths.
 */
final class GgufCursor {
    private static final int WINDOW = 1 << 18;
    private static final String RESTORE = "the file is damaged or incomplete: fetch or convert it again";

    private final Path path;
    private final MemorySegment file;
    private final long size;
    private final ByteBuffer window;
    private long windowStart;
    private long position;

    GgufCursor(Path path, MemorySegment file, long position) {
        this.path = path;
        this.file = file;
        this.size = file.byteSize();
        this.window = ByteBuffer.allocate((int) Math.min(size, WINDOW))
                .order(ByteOrder.LITTLE_ENDIAN)
                .limit(0);
        this.position = position;
    }

    long position() {
        return position;
    }

    long remaining() {
        return size - position;
    }

    /** Index in the window of the next {@code count} bytes, which are then passed. */
    private int take(int count, String what) {
        require(count, what);
        if (position < windowStart || position + count > windowStart + window.limit()) {
            int length = (int) Math.min(window.capacity(), size - position);
            MemorySegment.copy(file, ValueLayout.JAVA_BYTE, position, window.array(), 0, length);
            window.limit(length);
            windowStart = position;
        }
        int index = (int) (position - windowStart);
        position += count;
        return index;
    }

    private void require(long count, String what) {
        if (count > remaining()) {
            throw malformed(position, "the file ends inside " + what);
        }
    }

    int readByte(String what) {
        return window.get(take(1, what));
    }

    int readInt(String what) {
        return window.getInt(take(4, what));
    }

    long readLong(String what) {
        return window.getLong(take(8, what));
    }

    /** A count of things of at least {@code leastBytes} each, which the rest of the file can hold. */
    long readCount(long leastBytes, String what) {
        long at = position;
        long count = readLong("the number of " + what);
        if (count < 0 || count > remaining() / leastBytes) {
            throw malformed(
                    at,
                    "claims " + Long.toUnsignedString(count) + " " + what + " where " + remaining()
                            + " bytes are left");
        }
        return count;
    }

    void skip(long bytes, String what) {
        require(bytes, what);
        position += bytes;
    }

    /** A text of at most {@code longest} bytes. */
    String readString(int longest, String what) {
        long at = position;
        long length = readCount(1, "bytes of " + what);
        if (length > longest) {
            throw malformed(at, what + " has " + length + " bytes; " + longest + " are allowed");
        }
        byte[] bytes = new byte[(int) length];
        MemorySegment.copy(file, ValueLayout.JAVA_BYTE, position, bytes, 0, bytes.length);
        position += length;
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed(at, what + " is not valid UTF-8");
        }
    }

    MalformedFileException malformed(long at, String what) {
        return malformed(path, at, what);
    }

    static MalformedFileException malformed(Path path, long at, String what) {
        return new MalformedFileException(path, at, what, RESTORE);
    }
}
