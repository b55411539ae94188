package dev.cria.cli.terminal;

import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * The three standard streams, and whether a person is looking at stderr. Results go to {@code out}, which throws when the reader has gone;
 * everything else goes to {@code err}. Both are UTF-8 whatever the locale.
 *
 * @param in standard input
 * @param out standard output, buffered; commands flush it when a reader may be waiting
 * @param err standard error
 * @param interactive whether stderr is a terminal that can redraw a line
 * @param columns the terminal's width
 */
public record Console(InputStream in, Writer out, PrintStream err, boolean interactive, int columns) {
    private static final int DEFAULT_COLUMNS = 80;

    /** The streams of this process. The launcher says through the environment what Java cannot see itself. */
    public static Console system(Map<String, String> environment) {
        boolean terminal =
                environment.containsKey("CRIA_STDERR_TERMINAL") && !"dumb".equals(environment.getOrDefault("TERM", ""));
        Writer out = new BufferedWriter(
                new OutputStreamWriter(new FileOutputStream(FileDescriptor.out), StandardCharsets.UTF_8), 1 << 16);
        PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
        return new Console(System.in, out, err, terminal, columns(environment.get("CRIA_COLUMNS")));
    }

    private static int columns(@org.jspecify.annotations.Nullable String text) {
        if (text == null || !text.matches("[0-9]{1,4}")) {
            return DEFAULT_COLUMNS;
        }
        int columns = Integer.parseInt(text);
        return columns < 20 ? DEFAULT_COLUMNS : columns;
    }

    /** Writes a line to stdout. */
    public void print(String line) {
        try {
            out.write(line);
            out.write('\n');
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Hands what was written to stdout to its reader. */
    public void flush() {
        try {
            out.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a line for the person at the terminal to stderr. */
    public void say(String line) {
        err.println(line);
    }
}
