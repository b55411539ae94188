package dev.cria.train.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardWriterTest {
    /** A known answer: TFRecord's masked CRC-32C of eight bytes that hold the length 24. */
    @Test
    void masksTheChecksumAsTfRecordDoes() {
        assertThat(TensorBoardWriter.maskedCrc("123456789".getBytes(StandardCharsets.US_ASCII)))
                .isEqualTo(Integer.rotateRight(0xe3069283, 15) + 0xa282ead8);
    }

    @Test
    void writesEventsThatReadBack(@TempDir Path dir) throws Exception {
        Map<String, Double> values = new LinkedHashMap<>();
        values.put("train/loss", 3.5);
        values.put("train/ü", -1e-3);
        try (TensorBoardWriter writer = new TensorBoardWriter(dir, 300, 1.75e9)) {
            writer.write(300, 1.75e9 + 0.5, values);
            writer.write(1L << 40, 1.75e9 + 1, Map.of());
        }
        List<Event> events;
        try (var files = Files.list(dir)) {
            Path file = files.findFirst().orElseThrow();
            assertThat(file.getFileName().toString()).contains("tfevents");
            events = parse(Files.readAllBytes(file));
        }
        assertThat(events).hasSize(4);
        assertThat(events.get(0).text).isEqualTo("brain.Event:2");
        assertThat(events.get(1).status).isEqualTo(1);
        assertThat(events.get(1).step).isEqualTo(300);
        assertThat(events.get(2).step).isEqualTo(300);
        assertThat(events.get(2).time).isEqualTo(1.75e9 + 0.5);
        assertThat(events.get(2).values).containsExactly(Map.entry("train/loss", 3.5f), Map.entry("train/ü", -1e-3f));
        assertThat(events.get(3).step).isEqualTo(1L << 40);
    }

    private static final class Event {
        double time;
        long step;
        String text = "";
        int status;
        final Map<String, Float> values = new LinkedHashMap<>();
    }

    private static List<Event> parse(byte[] file) {
        ByteBuffer in = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        List<Event> events = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertThat(in.getInt()).isEqualTo(TensorBoardWriter.maskedCrc(length));
            byte[] body = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            in.get(body);
            assertThat(in.getInt()).isEqualTo(TensorBoardWriter.maskedCrc(body));
            events.add(event(ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN)));
        }
        return events;
    }

    private static Event event(ByteBuffer in) {
        Event event = new Event();
        while (in.hasRemaining()) {
            int key = in.get();
            switch (key) {
                case 1 << 3 | 1 -> event.time = in.getDouble();
                case 2 << 3 -> event.step = varint(in);
                case 3 << 3 | 2 -> event.text = new String(bytes(in), StandardCharsets.UTF_8);
                case 7 << 3 | 2 -> event.status = bytes(in)[1];
                case 5 << 3 | 2 -> {
                    ByteBuffer summary = ByteBuffer.wrap(bytes(in)).order(ByteOrder.LITTLE_ENDIAN);
                    while (summary.hasRemaining()) {
                        assertThat(summary.get()).isEqualTo((byte) (1 << 3 | 2));
                        ByteBuffer value = ByteBuffer.wrap(bytes(summary)).order(ByteOrder.LITTLE_ENDIAN);
                        value.get();
                        String tag = new String(bytes(value), StandardCharsets.UTF_8);
                        assertThat(value.get()).isEqualTo((byte) (2 << 3 | 5));
                        event.values.put(tag, value.getFloat());
                    }
                }
                default -> throw new AssertionError("unexpected field " + key);
            }
        }
        return event;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = in.get();
            value |= (long) (b & 0x7f) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    private static byte[] bytes(ByteBuffer in) {
        byte[] bytes = new byte[(int) varint(in)];
        in.get(bytes);
        return bytes;
    }
}
