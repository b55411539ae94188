package dev.cria.cli.chat;

/**
 * How a message of several lines is typed: a line that ends with a backslash goes on in the next, and all between two {@code """} belongs
 * together as it stands.
 */
final class MessageText {
    private static final String QUOTES = "\"\"\"";

    private MessageText() {}

    /** Whether nothing more belongs to what was typed so far. */
    static boolean isComplete(String typed) {
        String text = typed.strip();
        if (text.startsWith(QUOTES)) {
            return text.length() >= 2 * QUOTES.length() && text.endsWith(QUOTES);
        }
        return !typed.endsWith("\\");
    }

    /** The message that was typed. */
    static String unwrap(String typed) {
        String text = typed.strip();
        if (text.startsWith(QUOTES)) {
            String rest = text.substring(QUOTES.length());
            String inside = rest.endsWith(QUOTES) ? rest.substring(0, rest.length() - QUOTES.length()) : rest;
            return inside.strip();
        }
        return typed.replace("\\\n", "\n").replaceFirst("\\\\$", "").strip();
    }
}
