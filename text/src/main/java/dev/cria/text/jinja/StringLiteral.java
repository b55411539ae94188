package dev.cria.text.jinja;

/** The escapes of Python's string literals. */
final class StringLiteral {
    private static final String SHORT = "abfnrtv\\'\"";
    private static final String MEANT = "\u0007\b\f\n\r\t\u000B\\'\"";

    private StringLiteral() {}

    /** What a literal says, given what stands between its quotes. */
    static String unescape(String literal, int line) {
        int at = literal.indexOf('\\');
        if (at < 0) {
            return literal;
        }
        StringBuilder out = new StringBuilder(literal.length());
        int from = 0;
        while (at >= 0) {
            out.append(literal, from, at);
            from = escape(literal, at + 1, out, line);
            at = literal.indexOf('\\', from);
        }
        return out.append(literal, from, literal.length()).toString();
    }

    /** Appends what the escape means whose backslash stands before {@code at}; returns where it ends. */
    private static int escape(String literal, int at, StringBuilder out, int line) {
        char c = literal.charAt(at);
        int known = SHORT.indexOf(c);
        if (known >= 0) {
            out.append(MEANT.charAt(known));
            return at + 1;
        }
        if (c == '\n') {
            return at + 1;
        }
        if (c == 'x' || c == 'u' || c == 'U') {
            int digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
            out.appendCodePoint(codePoint(literal, at + 1, at + 1 + digits, 16, line));
            return at + 1 + digits;
        }
        if (c >= '0' && c <= '7') {
            int end = at;
            while (end < literal.length() && end < at + 3 && literal.charAt(end) >= '0' && literal.charAt(end) <= '7') {
                end++;
            }
            out.appendCodePoint(codePoint(literal, at, end, 8, line));
            return end;
        }
        if (c == 'N') {
            throw new JinjaException("a string names a character, which is not supported", line);
        }
        out.append('\\').append(c); // an unknown escape is text, as in Python
        return at + 1;
    }

    private static int codePoint(String literal, int from, int to, int radix, int line) {
        try {
            int value = to > literal.length() ? -1 : Integer.parseInt(literal, from, to, radix);
            if (value >= 0 && value <= Character.MAX_CODE_POINT && literal.charAt(from) != '+') {
                return value;
            }
        } catch (NumberFormatException e) {
            throw new JinjaException("a string has a broken escape", line);
        }
        throw new JinjaException("a string has a broken escape", line);
    }
}
