package dev.cria.text.jinja;

import java.time.Clock;
import java.time.LocalDateTime;
import org.jspecify.annotations.Nullable;

/**
 * One rendering, and what it may cost. All work is counted, so a template that loops, or builds texts without end, is refused after the same number of
 * steps on every machine; the clock only guards against a machine that is very slow.
 */
final class Run {
    /** Longest text, and most characters made in all, beside what the conversation itself asks for. */
    static final long MAX_TEXT = 1 << 24;

    /** What a text takes beside its characters. */
    private static final int OVERHEAD = 32;

    private static final long MAX_MADE = 1 << 26;
    private static final long MAX_WORK = 2_000_000;
    private static final int MAX_DEPTH = 300;
    private static final long MAX_NANOS = 10_000_000_000L;

    private final long maxWork;
    private final long maxText;
    private final long maxMade;
    private final @Nullable Clock clock;
    private final boolean strict;
    private final long begun = System.nanoTime();
    private long work;
    private long made;
    private int depth;

    /**
     * @param inputSize characters of the variables
     * @param clock what {@code strftime_now} asks; null for the machine's
     * @param strict whether printing what is not there is an error
     */
    Run(long inputSize, @Nullable Clock clock, boolean strict) {
        maxWork = MAX_WORK + inputSize;
        maxText = MAX_TEXT + 4 * inputSize;
        maxMade = MAX_MADE + 64 * inputSize;
        this.clock = clock;
        this.strict = strict;
    }

    /** What {@link Undefined} prints: nothing, unless that is an error. */
    String nothing(Undefined undefined) {
        if (strict) {
            throw undefined.error();
        }
        return "";
    }

    LocalDateTime now() {
        return clock == null ? LocalDateTime.now() : LocalDateTime.now(clock);
    }

    Object evaluate(Expression expression, Frame frame) {
        enter();
        Object value = expression.evaluate(frame);
        depth--;
        return value;
    }

    Flow execute(Statement statement, Frame frame, StringBuilder out) {
        enter();
        try {
            Flow flow = statement.execute(frame, out);
            depth--;
            return flow;
        } catch (JinjaException e) {
            throw e.at(statement.line());
        }
    }

    private void enter() {
        if (++depth > MAX_DEPTH) {
            throw new JinjaException("it is nested too deeply");
        }
        work(1);
    }

    /** Counts steps; each stands for the evaluation of a node or the handling of one element. */
    void work(long steps) {
        work += steps;
        if (work > maxWork) {
            throw new JinjaException("it takes more than " + maxWork + " steps");
        }
        if ((work & 0xFFF) < steps && System.nanoTime() - begun > MAX_NANOS) {
            throw new JinjaException("it takes longer than " + MAX_NANOS / 1_000_000_000 + " seconds");
        }
    }

    /** Counts the reading of a text. */
    void read(long chars) {
        work(1 + chars / 64);
    }

    /** Counts a text of so many characters, before it is made. */
    void make(long chars) {
        if (chars > maxText) {
            throw new JinjaException("it makes a text of more than " + maxText + " characters");
        }
        made += chars + OVERHEAD;
        if (made > maxMade) {
            throw new JinjaException("it makes texts of more than " + maxMade + " characters in all");
        }
        work(1 + chars / 64);
    }

    /** Appends to the output. */
    void print(StringBuilder out, String text) {
        make(text.length());
        if (out.length() + (long) text.length() > maxText) {
            throw new JinjaException("it writes more than " + maxText + " characters");
        }
        out.append(text);
    }
}
