package dev.cria.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A long generated stream through a small heap, in a process of its own; and a process killed half-way. */
class StreamPreparationTest {
    @TempDir
    Path dir;

    @Test
    void aStreamLongerThanTheHeap() throws Exception {
        stream(100, 80);
    }

    @Test
    @Tag("slow")
    void aStreamMuchLongerThanTheHeap() throws Exception {
        stream(1000, 80);
    }

    @Test
    void aKilledRunIsNoDataSetAndTheNextRunStartsAnew() throws Exception {
        Path output = dir.resolve("out");
        Process process = start(128, output);
        OutputStream in = process.getOutputStream();
        for (int i = 0; i < 20; i++) {
            in.write(megabyte(i));
        }
        in.flush();
        while (!Files.exists(output.resolve("train-00000.shard.tmp"))) {
            assertThat(process.isAlive()).isTrue();
            Thread.sleep(20);
        }
        process.destroyForcibly().waitFor();
        assertThat(output.resolve(Manifest.FILE)).doesNotExist();
        assertThat(output.resolve(OutputDirectory.MARKER)).exists();
        Process second = start(128, output);
        try (OutputStream again = second.getOutputStream()) {
            again.write(megabyte(7));
        }
        assertThat(second.waitFor()).isZero();
        try (TokenDataset dataset = TokenDataset.open(output, Manifest.TRAIN)) {
            assertThat(dataset.tokens()).isEqualTo(megabyte(7).length + 2);
        }
        assertThat(output.resolve("train-00000.shard.tmp")).doesNotExist();
    }

    private void stream(int megabytes, int heapMegabytes) throws Exception {
        Path output = dir.resolve("out");
        Process process = start(heapMegabytes, output);
        long written = 0;
        try (OutputStream in = process.getOutputStream()) {
            for (int i = 0; i < megabytes; i++) {
                byte[] bytes = megabyte(i);
                in.write(bytes);
                written += bytes.length;
            }
        }
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
        assertThat(said).startsWith(written + " bytes").doesNotContain(" 0 held out");
        try (TokenDataset dataset = TokenDataset.open(output, Manifest.TRAIN)) {
            assertThat(dataset.tokens()).isGreaterThan(written * 9 / 10);
        }
    }

    private static Process start(int heapMegabytes, Path output) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xmx" + heapMegabytes + "m", "--enable-native-access=ALL-UNNAMED"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), StreamPreparation.class.getName()));
        command.addAll(List.of("no-tokenizer", output.toString()));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** About a million bytes of numbered lines. */
    private static byte[] megabyte(int number) {
        StringBuilder text = new StringBuilder(1_000_100);
        for (int line = 0; text.length() < 1_000_000; line++) {
            text.append("line ").append(line).append(" of part ").append(number).append(": the llama goes on\n");
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }
}
