package dev.cria.cli.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Field;
import dev.cria.cli.terminal.LiveLine;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PullDisplayTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final AtomicLong nanos = new AtomicLong(1);
    private final Console console = new Console(
            InputStream.nullInputStream(),
            new StringWriter(),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            false,
            80);

    private static List<String> texts(List<Field> fields) {
        return fields.stream().map(Field::text).toList();
    }

    @Test
    void speedIsThatOfTheLastSeconds() {
        try (PullDisplay display = new PullDisplay(new LiveLine(console), nanos::get)) {
            display.onStart(3, 1 << 30, 1 << 28);
            long bytes = 1 << 28;
            for (int i = 0; i < 100; i++) {
                nanos.addAndGet(250_000_000L);
                bytes += i < 50 ? 1 << 21 : 1 << 20;
                display.onBytes(bytes);
            }
            assertThat(texts(display.fields(bytes)))
                    .contains("39.6 %", "406 MiB of 1.00 GiB", "4.00 MiB/s", "2m 35s left");
            // A file that begins again does not make the speed negative.
            nanos.addAndGet(250_000_000L);
            display.onBytes(1 << 20);
            assertThat(texts(display.fields(1 << 20))).noneMatch(text -> text.contains("-"));
        }
        assertThat(err.toString(StandardCharsets.UTF_8)).startsWith("3 files, 1.00 GiB, of which 256 MiB are here\n");
    }
}
