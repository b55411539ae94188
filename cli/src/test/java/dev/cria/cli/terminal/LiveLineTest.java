package dev.cria.cli.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LiveLineTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final AtomicLong clock = new AtomicLong();

    @Test
    void aTerminalSeesAtMostTenLinesASecond() {
        try (LiveLine line = line(true, 40)) {
            for (int i = 0; i < 1000; i++) {
                clock.addAndGet(1_000_000);
                line.show(List.of(Field.plain("step " + i, 1)));
            }
        }
        assertThat(said().split("\r", -1)).hasSizeBetween(10, 13);
        assertThat(said()).endsWith("step 999\n").doesNotContain("\n\n");
    }

    @Test
    void noLineIsWiderThanTheWindow() {
        List<Field> fields = IntStream.range(0, 20)
                .mapToObj(i -> Field.plain("field-" + i, i))
                .toList();
        for (int columns = 20; columns < 200; columns += 7) {
            bytes.reset();
            try (LiveLine line = line(true, columns)) {
                line.show(fields);
            }
            String text = said().replaceAll("\u001b\\[[0-9;]*[A-Za-z]|[\r\n]", "");
            assertThat(text).hasSizeLessThan(columns).contains("field-19");
        }
    }

    @Test
    void theLeastImportantGoesFirstAndOrderStays() {
        List<Field> fields = List.of(Field.plain("bar", 1), Field.plain("loss 2.5", 9), Field.plain("left 3m", 5));
        assertThat(Field.join(Field.fit(fields, 80), false, 80)).isEqualTo("bar  loss 2.5  left 3m");
        assertThat(Field.join(Field.fit(fields, 19), false, 19)).isEqualTo("loss 2.5  left 3m");
        assertThat(Field.join(Field.fit(fields, 4), false, 4)).isEqualTo("loss");
    }

    @Test
    void aLogFileGetsAPlainLineNowAndThen() {
        try (LiveLine line = line(false, 40)) {
            for (int second = 0; second < 60; second++) {
                line.show(List.of(
                        Field.plain("step " + second, 1),
                        Field.styled("loss 3", 2, "36"),
                        Field.ornament("###", 3, "36")));
                clock.addAndGet(1_000_000_000L);
            }
        }
        assertThat(said()).doesNotContain("\r").doesNotContain("\u001b");
        assertThat(said().lines())
                .containsExactly("step 15  loss 3", "step 30  loss 3", "step 45  loss 3", "step 59  loss 3");
    }

    @Test
    void whatIsSaidStaysAboveTheLine() {
        try (LiveLine line = line(true, 40)) {
            line.show(List.of(Field.plain("step 1", 1)));
            line.show(List.of(Field.plain("step 2", 1)));
            line.say("checkpoint written");
        }
        assertThat(said()).endsWith("\r\u001b[Kcheckpoint written\n\r\u001b[Kstep 2\n");
    }

    private LiveLine line(boolean interactive, int columns) {
        Console console = new Console(
                new ByteArrayInputStream(new byte[0]),
                Writer.nullWriter(),
                new PrintStream(bytes, true, StandardCharsets.UTF_8),
                interactive,
                columns);
        return new LiveLine(console, clock::get, false);
    }

    private String said() {
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
