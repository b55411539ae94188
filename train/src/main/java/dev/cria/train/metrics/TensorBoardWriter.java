package dev.cria.train.metrics;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Writes a TensorBoard event file: TFRecords (length, masked CRC-32C of the length, bytes, masked CRC-32C of the bytes) of {@code Event}
 * protocol buffers. Of that message it knows wall_time (1), step (2), file_version (3), summary (5) with values (1) of tag (1) and
 * simple_value (2), and session_log (7) with status (1).
 */
public final class TensorBoardWriter implements AutoCloseable {
    private static final int DOUBLE = 1;
    private static final int BYTES = 2;
    private static final int FLOAT = 5;

    private final OutputStream out;

    /**
     * A new event file in {@code directory}.
     *
     * @param firstStep first step that will be written; TensorBoard then forgets what older files say of it and later ones
     * @param time seconds since 1970
     */
    public TensorBoardWriter(Path directory, long firstStep, double time) throws IOException {
        Files.createDirectories(directory);
        Path file = directory.resolve("events.out.tfevents.%010d.%09d.cria".formatted((long) time, firstStep));
        out = Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        record(event(time, 0, 3, "brain.Event:2".getBytes(StandardCharsets.UTF_8)));
        byte[] start = {1 << 3, 1}; // status START
        record(event(time, firstStep, 7, start));
    }

    /** One event with these values of {@code step}. */
    public void write(long step, double time, Map<String, Double> values) throws IOException {
        ByteBuffer summary = message(
                values.keySet().stream().mapToInt(tag -> 32 + 3 * tag.length()).sum());
        values.forEach((tag, value) -> {
            byte[] name = tag.getBytes(StandardCharsets.UTF_8);
            ByteBuffer entry = message(16 + name.length);
            bytes(entry, 1, name);
            entry.put((byte) (2 << 3 | FLOAT)).putFloat(value.floatValue());
            bytes(summary, 1, trimmed(entry));
        });
        record(event(time, step, 5, trimmed(summary)));
    }

    @Override
    public void close() throws IOException {
        out.close();
    }

    /** CRC-32C turned by 15 bits plus a constant, as TFRecord wants it. */
    static int maskedCrc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    }

    private static byte[] event(double time, long step, int field, byte[] body) {
        ByteBuffer event = message(40 + body.length);
        event.put((byte) (1 << 3 | DOUBLE)).putDouble(time);
        event.put((byte) (2 << 3));
        varint(event, step);
        bytes(event, field, body);
        return trimmed(event);
    }

    private void record(byte[] event) throws IOException {
        byte[] length = message(8).putLong(event.length).array();
        ByteBuffer record = message(16 + event.length);
        record.put(length).putInt(maskedCrc(length)).put(event).putInt(maskedCrc(event));
        out.write(record.array());
    }

    private static void bytes(ByteBuffer to, int field, byte[] bytes) {
        to.put((byte) (field << 3 | BYTES));
        varint(to, bytes.length);
        to.put(bytes);
    }

    private static void varint(ByteBuffer to, long value) {
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            to.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        to.put((byte) rest);
    }

    private static ByteBuffer message(int capacity) {
        return ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] trimmed(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.position()];
        buffer.flip().get(bytes);
        return bytes;
    }
}
