package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.cria.base.ReferenceData;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real launcher in the built distribution, as a process of its own. */
@Tag("slow")
class LauncherTest {
    private static final Path LAUNCHER = ReferenceData.repositoryRoot().resolve("cli/target/dist/cria");

    @TempDir
    private Path directory;

    @BeforeEach
    void built() {
        assumeTrue(Files.isExecutable(LAUNCHER), "the distribution is not built: run make build");
    }

    private record Ended(int code, String out, String err) {}

    private Ended run(Path launcher, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(List.of(arguments));
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        // Files are read at once: nothing may be written after the command has ended.
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    @Test
    void saysNothingThatIsNotItsOwn() throws Exception {
        Ended version = run(LAUNCHER, "--version");
        assertThat(version.code()).isZero();
        assertThat(version.out()).startsWith("cria ");
        assertThat(version.err()).isEmpty();
        Ended wrong = run(LAUNCHER, "doctro");
        assertThat(wrong.code()).isEqualTo(2);
        assertThat(wrong.out()).isEmpty();
        assertThat(wrong.err())
                .isEqualTo(
                        "cria: unknown command doctro for `cria`\nHINT: did you mean doctor? `cria --help` shows what it takes\n");
    }

    @Test
    void worksThroughLinksFromElsewhereAndWithSpaces() throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("my cria"), LAUNCHER);
        assertThat(run(link, "--version").out()).startsWith("cria ");
        Path spaced = Files.createDirectories(directory.resolve("a folder"));
        Ended info = run(link, "info", spaced.toString());
        assertThat(info.code()).isEqualTo(2);
        assertThat(info.err()).startsWith("cria: " + spaced);
        Path accented = Files.createDirectories(directory.resolve("caf\u00e9 \ud83e\udd99"));
        assertThat(run(link, "info", accented.toString()).err()).startsWith("cria: " + accented);
    }

    @Test
    void answersLineByLineAsACoprocess() throws Exception {
        Path tokenizer = ReferenceData.require("golden/stories260k-hf");
        Process process = new ProcessBuilder(
                        LAUNCHER.toString(), "tokenizer", "encode", "--tokenizer", tokenizer.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (Writer in = process.outputWriter(StandardCharsets.UTF_8);
                BufferedReader out =
                        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < 3; i++) {
                in.write("\"Once upon a time\"\n");
                in.flush();
                assertThat(out.readLine()).isEqualTo("[403,407,261,378]");
            }
        } finally {
            process.destroy();
        }
    }

    @Test
    void aReaderThatLeavesIsNoDrama() throws Exception {
        Path tokenizer = ReferenceData.require("golden/stories260k-hf");
        Path script = Files.writeString(
                directory.resolve("pipe.sh"),
                "yes '\"word word word\"' | head -200000 | \"$0\" tokenizer encode --tokenizer \"$1\" | head -1\n");
        Process process = new ProcessBuilder(
                        "bash", "-c", Files.readString(script), LAUNCHER.toString(), tokenizer.toString())
                .redirectError(directory.resolve("err").toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Files.readString(directory.resolve("err"))).isEmpty();
    }
}
