package dev.cria.model.adapter;

import dev.cria.base.UserError;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A regular expression from a file. It is short, and a match may take only so many steps: an expression can be written that would try for
 * years.
 */
final class NamePattern {
    private static final int MAXIMUM_LENGTH = 4096;
    private static final int MAXIMUM_STEPS = 20_000;

    private final String expression;
    private final Pattern pattern;

    private NamePattern(String expression, Pattern pattern) {
        this.expression = expression;
        this.pattern = pattern;
    }

    /**
     * Compiles an expression of Python's; the two languages agree in what names of layers need.
     *
     * @throws UserError if it is none, or too long
     */
    static NamePattern compile(String expression) {
        if (expression.length() > MAXIMUM_LENGTH) {
            throw new UserError(
                    "the regular expression '" + expression.substring(0, 40) + "…' has " + expression.length()
                            + " characters",
                    "write it in at most " + MAXIMUM_LENGTH);
        }
        try {
            return new NamePattern(expression, Pattern.compile(expression.replace("(?P<", "(?<")));
        } catch (PatternSyntaxException e) {
            throw new UserError("'" + expression + "' is no regular expression: " + e.getDescription(), "correct it");
        } catch (StackOverflowError e) {
            throw new UserError(
                    "the regular expression '" + expression + "' is nested too deeply", "write it more simply");
        }
    }

    /** One that a name's last parts match, as peft matches the keys of {@code rank_pattern}. */
    static NamePattern compileEnding(String expression) {
        NamePattern ending = compile("(.*\\.)?(" + expression + ")");
        return new NamePattern(expression, ending.pattern);
    }

    /** Whether it matches all of a name. */
    boolean matches(String name) {
        try {
            return pattern.matcher(new Counted(name, 0, name.length(), new int[1]))
                    .matches();
        } catch (StackOverflowError | TooManySteps e) {
            throw new UserError(
                    "the regular expression '" + expression + "' takes too long to match", "write it more simply");
        }
    }

    private static final class TooManySteps extends RuntimeException {
        private static final long serialVersionUID = 1;

        TooManySteps() {
            super("too many steps", null, false, false);
        }
    }

    /** Counts how often it is looked at. */
    private record Counted(String text, int from, int to, int[] steps) implements CharSequence {
        @Override
        public int length() {
            return to - from;
        }

        @Override
        public char charAt(int index) {
            if (++steps[0] > MAXIMUM_STEPS) {
                throw new TooManySteps();
            }
            return text.charAt(from + index);
        }

        @Override
        public CharSequence subSequence(int start, int end) {
            return new Counted(text, from + start, from + end, steps);
        }

        @Override
        public String toString() {
            return text.substring(from, to);
        }
    }
}
