package dev.cria.eval.report;

import java.util.Locale;

/** Text for a page: escaped, and numbers as people read them. */
final class Html {
    private Html() {}

    /** Text that may stand between tags and in quoted attributes. Control characters, which no page may hold, become U+FFFD. */
    static String escape(String text) {
        StringBuilder out = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '"' -> out.append("&quot;");
                case '\'' -> out.append("&#39;");
                case '\t', '\n' -> out.append(' ');
                default -> out.appendCodePoint(Character.isISOControl(c) || (c >= 0xd800 && c < 0xe000) ? 0xfffd : c);
            }
        });
        return out.toString();
    }

    /** Two decimals. */
    static String fixed(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }

    /** One decimal: coordinates. */
    static String coordinate(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }
}
