package dev.cria.cli.chat;

/** What a model says, as a terminal may be given it: a model can write control sequences, and those could do anything to a terminal. */
final class Printable {
    private Printable() {}

    /** Control characters become U+FFFD; newline and tab stay, and a carriage return goes. */
    static String of(String text) {
        if (text.chars().noneMatch(c -> Character.isISOControl(c) && c != '\n' && c != '\t')) {
            return text;
        }
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\r') {
                shown.append(Character.isISOControl(c) && c != '\n' && c != '\t' ? '\ufffd' : c);
            }
        }
        return shown.toString();
    }
}
