package dev.cria.model.gguf;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.TensorContent;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Writes a GGUF file of version 3 as a stream: metadata and tensors in the order in which they were added, data at multiples of 32. The file
 * is written beside its place, synced and renamed, so that it is there wholly or not at all.
 */
public final class GgufWriter {
    private static final int VERSION = 3;
    private static final int ALIGNMENT = GgufHeader.DEFAULT_ALIGNMENT;

    private record Pending(DType dtype, long[] dims, TensorContent content) {
        long bytes() {
            long elements = 1;
            for (long dim : dims) {
                elements = Math.multiplyExact(elements, dim);
            }
            return dtype.bytes(elements);
        }
    }

    private final Map<String, GgufValue> metadata = new LinkedHashMap<>();
    private final Map<String, Pending> tensors = new LinkedHashMap<>();

    /** Adds a value of metadata, or puts another in its place. */
    public GgufWriter put(String key, GgufValue value) {
        metadata.put(key, value);
        return this;
    }

    /**
     * Adds a tensor whose bytes are made when {@link #write} runs.
     *
     * @param dims rows first
     * @throws IllegalArgumentException if the name is taken, or rows are no whole number of blocks
     */
    public GgufWriter add(String name, DType dtype, long[] dims, TensorContent content) {
        dtype.bytes(dims[dims.length - 1]);
        if (tensors.put(name, new Pending(dtype, dims.clone(), content)) != null) {
            throw new IllegalArgumentException("tensor name '" + name + "' is taken");
        }
        return this;
    }

    /** Bytes of the file. */
    public long bytes() {
        long bytes = aligned(header().length);
        for (Pending tensor : tensors.values()) {
            bytes += aligned(tensor.bytes());
        }
        return bytes;
    }

    /**
     * Writes the file.
     *
     * @throws UserError with exit code 1 if the disk is full or the directory cannot be written; no partial file is left in its place
     */
    public void write(Path target) {
        Path beside = target.resolveSibling(target.getFileName() + ".tmp");
        try {
            writeBeside(beside);
            DurableFiles.replace(beside, target);
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

    private void writeBeside(Path beside) throws IOException {
        try (FileChannel channel = FileChannel.open(
                beside, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            write(channel, ByteBuffer.wrap(header()));
            pad(channel);
            for (Pending tensor : tensors.values()) {
                long begin = channel.position();
                tensor.content().writeTo((MemorySegment bytes) -> write(channel, bytes.asByteBuffer()));
                if (channel.position() - begin != tensor.bytes()) {
                    throw new IllegalStateException("content of " + (channel.position() - begin) + " bytes where "
                            + tensor.bytes() + " belong");
                }
                pad(channel);
            }
            channel.force(true);
        }
    }

    private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static void pad(FileChannel channel) throws IOException {
        write(channel, ByteBuffer.allocate((int) (aligned(channel.position()) - channel.position())));
    }

    private static long aligned(long position) {
        return (position + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    private byte[] header() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(GgufValue.little(24)
                .putInt(GgufHeader.MAGIC)
                .putInt(VERSION)
                .putLong(tensors.size())
                .putLong(metadata.size())
                .array());
        metadata.forEach((key, value) -> {
            out.writeBytes(GgufValue.text(key));
            out.writeBytes(value.encoded());
        });
        long offset = 0;
        for (Map.Entry<String, Pending> entry : tensors.entrySet()) {
            Pending tensor = entry.getValue();
            out.writeBytes(GgufValue.text(entry.getKey()));
            ByteBuffer rest = GgufValue.little(4 + 8 * tensor.dims().length + 12);
            rest.putInt(tensor.dims().length);
            for (int i = tensor.dims().length - 1; i >= 0; i--) {
                rest.putLong(tensor.dims()[i]);
            }
            rest.putInt(GgmlType.of(tensor.dtype()).code()).putLong(offset);
            out.writeBytes(rest.array());
            offset += aligned(tensor.bytes());
        }
        return out.toByteArray();
    }
}
