package dev.cria.text.jinja;

/** What is wrong with a template, or with what it does; {@link JinjaTemplate} makes a user's error of it. */
final class JinjaException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String what;
    private final int line;

    JinjaException(String what) {
        this(what, 0);
    }

    /** @param line counted from 1, or 0 where it is not known yet */
    JinjaException(String what, int line) {
        super(what, null, false, false);
        this.what = what;
        this.line = line;
    }

    /** The same with a line, unless it has one. */
    JinjaException at(int newLine) {
        return line > 0 ? this : new JinjaException(what, newLine);
    }

    String describe() {
        return line > 0 ? "line " + line + ": " + what : what;
    }
}
