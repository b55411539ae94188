package dev.cria.cli.doctor;

/**
 * One thing that was looked at.
 *
 * @param name what, in a word or two
 * @param status how it stands
 * @param value what was found
 * @param hint what would mend it; empty where nothing need be mended
 */
public record Check(String name, Status status, String value, String hint) {
    /** How a thing stands. */
    public enum Status {
        /** As it should be. */
        OK,
        /** Works, but something better is possible or something optional is absent. */
        NOTE,
        /** Cria will not work well. */
        BAD
    }

    static Check ok(String name, String value) {
        return new Check(name, Status.OK, value, "");
    }

    static Check note(String name, String value, String hint) {
        return new Check(name, Status.NOTE, value, hint);
    }

    static Check bad(String name, String value, String hint) {
        return new Check(name, Status.BAD, value, hint);
    }
}
