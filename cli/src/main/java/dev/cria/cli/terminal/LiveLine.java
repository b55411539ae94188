package dev.cria.cli.terminal;

import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one line on stderr that keeps changing while something runs. On a terminal it is redrawn in place, at most ten times a second and no
 * wider than the window; elsewhere (a log file, a pipe) a plain line is printed every quarter of a minute. It ends with a newline whatever ends the
 * program, Ctrl-C included, so that the prompt never lands in it.
 */
public final class LiveLine implements AutoCloseable {
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long LOG_NANOS = 15_000_000_000L;
    private static final String CLEAR = "\r\u001b[K";

    private final Console console;
    private final LongSupplier nanoTime;
    private final boolean styled;
    private final Thread atExit = new Thread(this::finish, "finish-live-line");
    private List<Field> shown = List.of();
    private @Nullable List<Field> waiting;
    private long lastNanos;
    private boolean drawn;
    private boolean finished;

    /** A line on {@code console}'s stderr. */
    public LiveLine(Console console) {
        this(console, System::nanoTime, !System.getenv().containsKey("NO_COLOR"));
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    LiveLine(Console console, LongSupplier nanoTime, boolean styled) {
        this.console = console;
        this.nanoTime = nanoTime;
        this.styled = styled;
        this.lastNanos = nanoTime.getAsLong() - (console.interactive() ? REDRAW_NANOS : 0);
    }

    /** Shows {@code fields} as soon as the line may be redrawn. */
    public synchronized void show(List<Field> fields) {
        long now = nanoTime.getAsLong();
        if (now - lastNanos >= (console.interactive() ? REDRAW_NANOS : LOG_NANOS)) {
            draw(fields, now);
        } else {
            waiting = fields;
        }
    }

    /** Prints a line that stays, above the live one. */
    public synchronized void say(String text) {
        if (console.interactive() && drawn) {
            console.err().print(CLEAR);
            console.say(text);
            draw(waiting == null ? shown : waiting, nanoTime.getAsLong());
        } else {
            console.say(text);
        }
    }

    private void draw(List<Field> fields, long now) {
        if (finished) {
            return;
        }
        shown = fields;
        waiting = null;
        lastNanos = now;
        drawn = true;
        if (console.interactive()) {
            int columns = console.columns() - 1;
            console.err().print(CLEAR + Field.join(Field.fit(fields, columns), styled, columns));
            console.err().flush();
        } else {
            List<Field> plain =
                    fields.stream().filter(field -> !field.ornament()).toList();
            console.say(Field.join(plain, false, Integer.MAX_VALUE));
        }
    }

    private synchronized void finish() {
        if (finished) {
            return;
        }
        if (waiting != null && (drawn || console.interactive())) {
            draw(waiting, nanoTime.getAsLong());
        }
        finished = true;
        if (drawn && console.interactive()) {
            console.err().println();
        }
    }

    /** Takes the line away, for what replaces it. */
    public synchronized void clear() {
        if (drawn && console.interactive()) {
            console.err().print(CLEAR);
            console.err().flush();
        }
        drawn = false;
        waiting = null;
        shown = List.of();
    }

    /** Shows the last state and ends the line. */
    @Override
    public void close() {
        finish();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            return; // the JVM is already ending, and has run the hook
        }
    }
}
