package dev.cria.base;

/**
 * A mistake the user can mend: wrong usage or refused input. The command line prints {@link #getMessage} and the hint, without a stack
 * trace, and exits with {@link #exitCode}. Broken invariants are not user errors; they throw {@link IllegalStateException} and the like.
 */
public class UserError extends RuntimeException {
    /** Exit code for wrong usage or refused input. */
    public static final int REFUSED = 2;

    /** Exit code for work that failed while running (a full disk, a diverged run). */
    public static final int FAILED = 1;

    private final String what;
    private final String hint;
    private final int exitCode;

    /**
     * @param what one sentence: what is wrong and where (file, key, line, offset)
     * @param hint what the user can do about it; empty where nothing can be said
     */
    public UserError(String what, String hint) {
        this(what, hint, REFUSED);
    }

    public UserError(String what, String hint, int exitCode) {
        super(what);
        this.what = what;
        this.hint = hint;
        this.exitCode = exitCode;
    }

    public UserError(String what, String hint, Throwable cause) {
        super(what, cause);
        this.what = what;
        this.hint = hint;
        this.exitCode = REFUSED;
    }

    /** A failure while running: exit code 1. */
    public static UserError failed(String what, String hint) {
        return new UserError(what, hint, FAILED);
    }

    public String hint() {
        return hint;
    }

    public int exitCode() {
        return exitCode;
    }

    /** The sentence alone: what is wrong, and where. */
    public String what() {
        return what;
    }

    /** The message as it is printed: the sentence, then the hint on its own line. */
    public String render() {
        return hint.isEmpty() ? what : what + "\nHINT: " + hint;
    }
}
