package dev.cria.model.gguf;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;

/**
 * A GGUF file of version 2 or 3, little-endian, mapped into memory: the header is read and checked when it is opened, tensors when they are
 * used. They live until {@link #close}. Safe for use by many threads.
 */
public final class GgufFile implements AutoCloseable {
    private final Path path;
    private final Arena arena;
    private final MemorySegment bytes;
    private final GgufHeader header;

    private GgufFile(Path path, Arena arena, MemorySegment bytes, GgufHeader header) {
        this.path = path;
        this.arena = arena;
        this.bytes = bytes;
        this.header = header;
    }

    /** Whether a file begins as a GGUF file does; false for whatever cannot be read. */
    public static boolean isGguf(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(4), new byte[] {'G', 'G', 'U', 'F'});
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * Opens and checks a file.
     *
     * @throws UserError if it is missing, unreadable, or of a version or byte order that is not read
     * @throws MalformedFileException if it is damaged
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static GgufFile open(Path path) {
        if (Files.isDirectory(path)) {
            throw new UserError(path + " is a directory, not a GGUF file", "name the file");
        }
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try {
            MemorySegment bytes = map(path, arena);
            GgufFile file = new GgufFile(path, arena, bytes, GgufHeader.parse(path, bytes));
            opened = true;
            return file;
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    private static MemorySegment map(Path path, Arena arena) {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < 24) {
                throw GgufCursor.malformed(path, 0, "is " + size + " bytes long, too short for a GGUF file");
            }
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
        } catch (NoSuchFileException e) {
            throw new UserError(path + " does not exist", "check the path");
        } catch (IOException e) {
            throw new UserError("cannot read " + path + ": " + e.getMessage(), "check the path and its permissions", e);
        }
    }

    public Path path() {
        return path;
    }

    /** 2 or 3. */
    public int version() {
        return header.version();
    }

    public GgufMetadata metadata() {
        return header.metadata();
    }

    /** What there is of each tensor, by name, in the file's order. */
    public Map<String, GgufTensor> tensors() {
        return Collections.unmodifiableMap(header.tensors());
    }

    /** What the header says of a tensor. */
    public Optional<GgufTensor> find(String name) {
        return Optional.ofNullable(header.tensors().get(name));
    }

    /** The mapped bytes of a tensor of any type. */
    public MemorySegment segment(GgufTensor tensor) {
        return bytes.asSlice(tensor.begin(), tensor.bytes());
    }

    /**
     * A tensor as it lies in the file.
     *
     * @throws UserError if there is none of that name, or its type is none that Cria computes with
     */
    public Tensor tensor(String name) {
        GgufTensor tensor = find(name)
                .orElseThrow(() -> new UserError(
                        path + " has no tensor '" + name + "'", "check that the file holds a whole Llama"));
        DType dtype = tensor.type()
                .dtype()
                .orElseThrow(() -> new UserError(
                        path + ": tensor '" + name + "' is " + tensor.describe()
                                + "; Cria runs F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K and Q6_K",
                        "fetch the model in one of these types"));
        return Tensor.of(dtype, segment(tensor), tensor.dims());
    }

    @Override
    public void close() {
        arena.close();
    }
}
