package dev.cria.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.cli.terminal.Console;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ErrorsTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final Console console = new Console(
            new ByteArrayInputStream(new byte[0]),
            Writer.nullWriter(),
            new PrintStream(said, true, StandardCharsets.UTF_8),
            false,
            80);

    static Stream<Arguments> errors() {
        return Stream.of(
                Arguments.of(
                        new UserError("the seed is odd", "take an even one"),
                        2,
                        "cria: the seed is odd\nHINT: take an even one\n"),
                Arguments.of(UserError.failed("diverged at step 7", ""), 1, "cria: diverged at step 7\n"),
                Arguments.of(
                        new MalformedFileException(Path.of("a.bin"), 12, "cut short", "copy it again"),
                        2,
                        "cria: a.bin at byte 12: cut short\nHINT: copy it again\n"),
                Arguments.of(
                        new NoSuchFileException("x/y"), 2, "cria: no such file or folder: x/y\nHINT: check the path\n"),
                Arguments.of(
                        new UncheckedIOException(new AccessDeniedException("x")),
                        2,
                        "cria: not allowed to read or write x\n"),
                Arguments.of(
                        new FileSystemException("x", null, "No space left on device"),
                        1,
                        "cria: the disk is full: x\n"),
                Arguments.of(new IOException("No space left on device"), 1, "cria: the disk is full\n"),
                Arguments.of(new OutOfMemoryError("Java heap space"), 1, "cria: out of memory: Java heap space\n"),
                Arguments.of(new UncheckedIOException(new IOException("Broken pipe")), 1, ""),
                Arguments.of(
                        new IllegalStateException("two\nlines"),
                        1,
                        "cria: internal error: IllegalStateException: two; lines\n"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void oneSentenceAndTheRightCode(Throwable error, int code, String text) {
        assertThat(Errors.report(console, error, false)).isEqualTo(code);
        assertThat(said.toString(StandardCharsets.UTF_8)).startsWith(text).doesNotContain("\tat ");
        assertThat(said.toString(StandardCharsets.UTF_8).lines()).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void verboseAddsTheStackTrace() {
        Errors.report(console, new UserError("no", "yes"), true);
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("cria: no\nHINT: yes\n")
                .contains("\tat ");
    }

    @Test
    void unknownCommandsAndOptionsGetAGuess() {
        assertThat(Cria.run("doctro").err())
                .isEqualTo(
                        "cria: unknown command doctro for `cria`\nHINT: did you mean doctor? `cria --help` shows what it takes\n");
        assertThat(Cria.run("doctro").code()).isEqualTo(2);
        assertThat(Cria.run("doctor", "--thread", "1").err())
                .startsWith("cria: unknown option --thread for `cria doctor`\nHINT: did you mean --threads?");
        assertThat(Cria.run("doctor", "--threads", "many").err())
                .startsWith("cria: Invalid value for option '--threads'");
        assertThat(Cria.run().code()).isEqualTo(2);
        assertThat(Cria.run().err()).contains("Usage: cria");
    }

    @Test
    void helpIsAskedForAndGoesToStdout() {
        Cria.Result help = Cria.run("doctor", "--help");
        assertThat(help.code()).isZero();
        assertThat(help.err()).isEmpty();
        assertThat(help.out()).contains("Usage: cria doctor").contains("Examples:");
        assertThat(Cria.run("--version").out()).startsWith("cria ");
    }
}
