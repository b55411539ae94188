package dev.cria.model.safetensors;

import dev.cria.base.DurableFiles;
import dev.cria.base.JsonFiles;
import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.TensorContent;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes named tensors to one safetensors file as a stream: memory beyond the tensors is one buffer of a few megabytes. The file is
 * written beside its place, synced and renamed, so that it is there wholly or not at all. Tensors lie in host memory, unless their device is named.
 */
public final class SafetensorsWriter {
    private static final int BUFFER_BYTES = 4 << 20;
    private static final int LEAST_BYTES = 4096;

    private record Pending(long[] dims, DType storedAs, TensorContent content) {
        long bytes() {
            long elements = 1;
            for (long dim : dims) {
                elements = Math.multiplyExact(elements, dim);
            }
            return storedAs.bytes(elements);
        }

        ElementType elementType() {
            return storedAs.isQuantised() ? ElementType.U8 : ElementType.of(storedAs);
        }

        long[] shape() {
            long[] shape = dims.clone();
            if (storedAs.isQuantised()) {
                shape[shape.length - 1] = storedAs.bytes(shape[shape.length - 1]);
            }
            return shape;
        }
    }

    /**
     * A finished file.
     *
     * @param file where it is
     * @param bytes its length
     * @param sha256 SHA-256 of its bytes in hex, taken while writing
     */
    public record Written(Path file, long bytes, String sha256) {}

    private final Map<String, Pending> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /** A writer with the metadata {@code {"format": "pt"}} that transformers asks for. */
    public SafetensorsWriter() {
        metadata.put("format", "pt");
    }

    /** Adds an entry to {@code __metadata__}. */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /**
     * Adds a tensor, stored in its own type. The format has no quantised types: their blocks are stored as U8, the last dimension being that of
     * a row's bytes.
     */
    public SafetensorsWriter add(String name, Tensor tensor) {
        return add(name, tensor, tensor.dtype());
    }

    /**
     * Adds a tensor in host memory, read when {@link #write} runs.
     *
     * @param storedAs its own type; or BF16 or F16 for an F32 tensor, rounded to nearest even
     * @throws IllegalArgumentException if the name is taken or the conversion is none of these
     */
    public SafetensorsWriter add(String name, Tensor tensor, DType storedAs) {
        requireConvertible(tensor, storedAs);
        return add(name, storedAs, tensor.dims(), sink -> {
            // Freed at once: direct buffers that wait for the garbage collector add up to gigabytes over a checkpoint's
            // tensors.
            try (Arena arena = Arena.ofConfined()) {
                long bytes = Math.min(BUFFER_BYTES, Math.max(LEAST_BYTES, storedAs.bytes(tensor.elements())));
                ByteBuffer buffer = arena.allocate(bytes).asByteBuffer();
                for (long done = 0; done < tensor.elements(); ) {
                    buffer.clear();
                    done += ElementConversion.fill(buffer, tensor, done, storedAs);
                    sink.accept(MemorySegment.ofBuffer(buffer.flip()));
                }
            }
        });
    }

    /**
     * Adds a tensor of a device, fetched piece by piece when {@link #write} runs.
     *
     * @param storedAs its own type; or BF16 or F16 for an F32 tensor, rounded to nearest even
     * @throws IllegalArgumentException if the name is taken, the conversion is none of these, or the tensor is quantised
     */
    public SafetensorsWriter add(String name, Tensor tensor, DType storedAs, Device device) {
        requireConvertible(tensor, storedAs);
        if (tensor.dtype().isQuantised()) {
            throw new IllegalArgumentException("blocks are not written piece by piece: " + tensor);
        }
        return add(name, storedAs, tensor.dims(), sink -> {
            try (Arena arena = Arena.ofConfined()) {
                Tensor flat = tensor.reshape(tensor.elements());
                long most = Math.min(
                        Math.max(1, flat.elements()),
                        BUFFER_BYTES / tensor.dtype().blockBytes());
                MemorySegment fetched = arena.allocate(tensor.dtype().bytes(most), 64);
                MemorySegment stored = arena.allocate(storedAs.bytes(most), 64);
                for (long first = 0; first < flat.elements(); first += most) {
                    Tensor part = flat.rows(first, Math.min(flat.elements(), first + most));
                    MemorySegment bytes = fetched.asSlice(0, part.byteSize());
                    device.download(part, bytes);
                    ByteBuffer buffer = stored.asByteBuffer();
                    ElementConversion.fill(buffer, Tensor.of(part.dtype(), bytes, part.elements()), 0, storedAs);
                    sink.accept(MemorySegment.ofBuffer(buffer.flip()));
                }
            }
        });
    }

    private static void requireConvertible(Tensor tensor, DType storedAs) {
        boolean converts = tensor.dtype() == DType.F32 && (storedAs == DType.BF16 || storedAs == DType.F16);
        if (storedAs != tensor.dtype() && !converts) {
            throw new IllegalArgumentException("cannot store " + tensor + " as " + storedAs);
        }
    }

    /**
     * Adds a tensor whose bytes are made when {@link #write} runs.
     *
     * @param storedAs F32, BF16, F16 or I32
     * @throws IllegalArgumentException if the name is taken
     */
    public SafetensorsWriter add(String name, DType storedAs, long[] dims, TensorContent content) {
        if (name.equals("__metadata__") || tensors.put(name, new Pending(dims.clone(), storedAs, content)) != null) {
            throw new IllegalArgumentException("tensor name '" + name + "' is taken");
        }
        return this;
    }

    /**
     * Writes the file.
     *
     * @throws UserError with exit code 1 if the disk is full or the directory cannot be written; no partial file is left in its place
     */
    public Written write(Path target) {
        Path beside = target.resolveSibling(target.getFileName() + ".tmp");
        try {
            Written written = writeBeside(beside, target);
            DurableFiles.replace(beside, target);
            return written;
        } catch (IOException e) {
            UserError failed = UserError.failed(
                    "cannot write " + target + ": " + e.getMessage(), "check free space and permissions there");
            failed.initCause(e);
            throw deleting(beside, failed);
        } catch (UserError e) { // the content's
            throw deleting(beside, e);
        }
    }

    private static UserError deleting(Path partial, UserError reason) {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException leftover) {
            reason.addSuppressed(leftover);
        }
        return reason;
    }

    private Written writeBeside(Path beside, Path target) throws IOException {
        MessageDigest digest = sha256();
        try (FileChannel channel = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            write(channel, digest, ByteBuffer.wrap(header()));
            for (Pending pending : tensors.values()) {
                long begin = channel.position();
                pending.content().writeTo(bytes -> write(channel, digest, bytes.asByteBuffer()));
                if (channel.position() - begin != pending.bytes()) {
                    throw new IllegalStateException("content of " + (channel.position() - begin) + " bytes where "
                            + pending.bytes() + " belong");
                }
            }
            channel.force(true);
            return new Written(target, channel.position(), HexFormat.of().formatHex(digest.digest()));
        }
    }

    private static void write(FileChannel channel, MessageDigest digest, ByteBuffer bytes) throws IOException {
        digest.update(bytes.duplicate());
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Length and JSON, padded with spaces so that the data begins at a multiple of 8. */
    private byte[] header() {
        ObjectNode json = JsonFiles.newObject();
        ObjectNode meta = json.putObject("__metadata__");
        metadata.forEach(meta::put);
        long position = 0;
        for (Map.Entry<String, Pending> each : tensors.entrySet()) {
            Pending pending = each.getValue();
            ObjectNode entry = json.putObject(each.getKey());
            entry.put("dtype", pending.elementType().name());
            ArrayNode shape = entry.putArray("shape");
            for (long dim : pending.shape()) {
                shape.add(dim);
            }
            entry.putArray("data_offsets").add(position).add(position += pending.bytes());
        }
        byte[] text = json.toString().getBytes(StandardCharsets.UTF_8);
        int padded = (text.length + 7) / 8 * 8;
        ByteBuffer bytes = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(padded).put(text);
        while (bytes.hasRemaining()) {
            bytes.put((byte) ' ');
        }
        return bytes.array();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
