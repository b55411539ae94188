package dev.cria.model.safetensors;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** One mapped safetensors file. The header is checked against the file's size before anything is mapped, so that no read can pass its end. */
record SafetensorsFile(Path path, Header header, MemorySegment data) {
    /**
     * Opens and checks a file; its data is mapped until the arena closes.
     *
     * @throws UserError if it is missing or unreadable
     * @throws MalformedFileException if it is damaged
     */
    static SafetensorsFile open(Path path, Arena arena) {
        if (Files.isDirectory(path)) {
            throw new UserError(path + " is a directory, not a safetensors file", "name the file");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < 8) {
                throw Header.malformed(path, 0, "is " + size + " bytes long, too short for a safetensors file");
            }
            long headerBytes = readFully(channel, path, 0, 8).getLong(0);
            if (headerBytes < 2 || headerBytes > size - 8 || headerBytes > Header.MAXIMUM_BYTES) {
                throw Header.malformed(
                        path,
                        0,
                        "claims a header of " + Long.toUnsignedString(headerBytes) + " bytes in a file of " + size);
            }
            long dataStart = 8 + headerBytes;
            Header header = Header.parse(
                    path, readFully(channel, path, 8, (int) headerBytes).array(), size - dataStart);
            MemorySegment data = size == dataStart
                    ? MemorySegment.NULL
                    : channel.map(FileChannel.MapMode.READ_ONLY, dataStart, size - dataStart, arena);
            return new SafetensorsFile(path, header, data);
        } catch (NoSuchFileException e) {
            throw new UserError(path + " does not exist", "check the path");
        } catch (IOException e) {
            throw new UserError("cannot read " + path + ": " + e.getMessage(), "check the path and its permissions", e);
        }
    }

    private static ByteBuffer readFully(FileChannel channel, Path path, long from, int count) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer, from + buffer.position()) < 0) {
                throw Header.malformed(path, from + buffer.position(), "the file ends inside its header");
            }
        }
        return buffer;
    }

    MemorySegment segment(TensorEntry entry) {
        return data.asSlice(entry.begin(), entry.end() - entry.begin());
    }
}
