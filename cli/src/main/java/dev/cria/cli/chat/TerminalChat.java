package dev.cria.cli.chat;

import dev.cria.base.UserError;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import org.jline.reader.EOFError;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.ParsedLine;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.reader.impl.completer.StringsCompleter;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;

/** A conversation at a terminal: a line editor with history and completion; Ctrl-C stops an answer. */
final class TerminalChat implements ChatInput, ChatOutput, AutoCloseable {
    private static final int HISTORY = 2000;

    /** Below this, reading is over before a line about it is read. */
    private static final int WORTH_TELLING = 128;

    private static final String CLEAR = "\r\u001b[K";

    private final Terminal terminal;
    private final LineReader reader;
    private final boolean coloured;
    private volatile boolean stopped;
    private @Nullable Attributes before;
    private boolean told;
    private boolean lineOpen;

    /** @param history where what was typed is kept; empty keeps nothing */
    TerminalChat(Optional<Path> history, boolean coloured) throws IOException {
        this(TerminalBuilder.builder().system(true).nativeSignals(true).build(), history, coloured);
    }

    TerminalChat(Terminal terminal, Optional<Path> history, boolean coloured) {
        this.terminal = terminal;
        this.coloured = coloured;
        LineReaderBuilder builder = LineReaderBuilder.builder()
                .terminal(terminal)
                .appName("cria")
                .parser(new MessageParser())
                .completer(new StringsCompleter(
                        Arrays.stream(Commands.values()).map(Commands::word).toList()))
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, "… ")
                .variable(LineReader.HISTORY_SIZE, HISTORY)
                .variable(LineReader.HISTORY_FILE_SIZE, HISTORY)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.HISTORY_TIMESTAMPED, false)
                .option(LineReader.Option.HISTORY_INCREMENTAL, true);
        history.ifPresent(file -> builder.variable(LineReader.HISTORY_FILE, file));
        this.reader = builder.build();
        terminal.handle(Terminal.Signal.INT, signal -> stopped = true);
    }

    /** Takes the line as a whole; only whether it is complete is decided here. */
    private static final class MessageParser extends DefaultParser {
        MessageParser() {
            setQuoteChars(new char[0]);
            setEscapeChars(new char[0]);
        }

        @Override
        public ParsedLine parse(String line, int cursor, ParseContext context) {
            if (context == ParseContext.ACCEPT_LINE && !MessageText.isComplete(line)) {
                throw new EOFError(-1, -1, "the message goes on");
            }
            return super.parse(line, cursor, context);
        }
    }

    @Override
    public Event read() {
        try {
            return new Event.Typed(MessageText.unwrap(reader.readLine(style("1;36", "> "))));
        } catch (UserInterruptException e) {
            return e.getPartialLine().isBlank() ? new Event.Interrupted() : new Event.Typed("");
        } catch (EndOfFileException e) {
            return new Event.End();
        }
    }

    @Override
    public boolean stopped() {
        return stopped;
    }

    /** While an answer runs, what is typed is not echoed into it; it waits for the next line. */
    @Override
    public void working(boolean busy) {
        stopped = false;
        if (busy) {
            before = terminal.getAttributes();
            // Not enterRawMode(): that would make Ctrl-C a key like any other.
            Attributes quiet = new Attributes(before);
            quiet.setLocalFlags(EnumSet.of(LocalFlag.ICANON, LocalFlag.ECHO), false);
            terminal.setAttributes(quiet);
        } else if (before != null) {
            terminal.setAttributes(before);
            before = null;
        }
    }

    @Override
    public void reading(int tokens) {
        if (tokens >= WORTH_TELLING) {
            told = true;
            print(style("2", "reading " + tokens + " tokens …"));
        }
    }

    @Override
    public void text(String piece) {
        untell();
        lineOpen = true;
        print(Printable.of(piece));
    }

    private void untell() {
        if (told) {
            told = false;
            print(CLEAR);
        }
    }

    @Override
    public void answered(Reply reply) {
        untell();
        if (lineOpen) {
            print("\n");
        }
        lineOpen = false;
    }

    @Override
    public void say(String lines) {
        print(lines + "\n");
    }

    @Override
    public void notice(String sentence) {
        untell();
        print(style("2", "(" + sentence + ")") + "\n");
    }

    @Override
    public void refuse(UserError error) {
        untell();
        print(style("31", error.what()) + "\n");
        if (!error.hint().isEmpty()) {
            print("HINT: " + error.hint() + "\n");
        }
    }

    private void print(String text) {
        PrintWriter out = terminal.writer();
        out.print(text);
        out.flush();
    }

    private String style(String sgr, String text) {
        return coloured ? "\u001b[" + sgr + "m" + text + "\u001b[0m" : text;
    }

    @Override
    public void close() {
        try {
            terminal.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
