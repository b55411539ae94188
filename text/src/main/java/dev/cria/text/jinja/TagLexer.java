package dev.cria.text.jinja;

import dev.cria.text.jinja.Token.Kind;
import java.util.List;

/** Cuts the inside of one tag into names, numbers, strings and operators. The tag ends where its end stands outside of all brackets. */
final class TagLexer {
    private static final String SINGLE = "+-/*%~[](){}<>=.:|,;";
    private static final String[] DOUBLE = {"//", "**", "==", "!=", ">=", "<="};
    private static final int MAX_BRACKETS = 64;

    private final String source;
    private final boolean block;
    private final List<Token> out;
    private final StringBuilder brackets = new StringBuilder();
    private int at;
    private int line;

    /** @param block whether the tag ends with {@code %}} rather than with {@code }}} */
    TagLexer(String source, int at, int line, boolean block, List<Token> out) {
        this.source = source;
        this.at = at;
        this.line = line;
        this.block = block;
        this.out = out;
    }

    /** Where the tag has ended. */
    int position() {
        return at;
    }

    int line() {
        return line;
    }

    /** Takes everything up to the end of the tag; returns the sign before it, or a space where there is none. */
    char run() {
        String end = block ? "%}" : "}}";
        while (at < source.length()) {
            char c = source.charAt(at);
            boolean signed = c == '-' || (c == '+' && block);
            if (brackets.isEmpty() && source.startsWith(end, signed ? at + 1 : at)) {
                at += signed ? 3 : 2;
                return signed ? c : ' ';
            }
            if (Strings.isSpace(c)) {
                line += c == '\n' ? 1 : 0;
                at++;
            } else if (isDigit(c)) {
                number();
            } else if (c == '"' || c == '\'') {
                string(c);
            } else if (isNameStart(at)) {
                name();
            } else {
                operator(c);
            }
        }
        throw new JinjaException("a tag has no end; " + end + " is missing", line);
    }

    private boolean isNameStart(int index) {
        int c = source.codePointAt(index);
        return c == '_' || Character.isUnicodeIdentifierStart(c);
    }

    private void name() {
        int from = at;
        while (at < source.length() && (isNameStart(at) || Character.isUnicodeIdentifierPart(source.codePointAt(at)))) {
            at += Character.charCount(source.codePointAt(at));
        }
        out.add(new Token(Kind.NAME, source.substring(from, at), line));
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private boolean digitAt(int index) {
        return index < source.length() && isDigit(source.charAt(index));
    }

    /** Digits, with underscores between them. */
    private void digits() {
        while (digitAt(at) || (at < source.length() && source.charAt(at) == '_' && digitAt(at + 1))) {
            at++;
        }
    }

    private void number() {
        int from = at;
        boolean afterDot = from > 0 && source.charAt(from - 1) == '.';
        char second = at + 1 < source.length() ? Character.toLowerCase(source.charAt(at + 1)) : ' ';
        if (source.charAt(at) == '0' && (second == 'x' || second == 'o' || second == 'b')) {
            at += 2;
            while (at < source.length() && Character.isLetterOrDigit(source.charAt(at))) {
                at++;
            }
            out.add(new Token(Kind.INTEGER, source.substring(from, at), line));
            return;
        }
        digits();
        Kind kind = Kind.INTEGER;
        if (!afterDot && at < source.length() && source.charAt(at) == '.' && digitAt(at + 1)) {
            at++;
            digits();
            kind = Kind.FLOAT;
        }
        if (!afterDot && at < source.length() && (source.charAt(at) | 0x20) == 'e') {
            boolean signed = at + 1 < source.length() && (source.charAt(at + 1) == '+' || source.charAt(at + 1) == '-');
            if (digitAt(signed ? at + 2 : at + 1)) {
                at += signed ? 2 : 1;
                digits();
                kind = Kind.FLOAT;
            }
        }
        out.add(new Token(kind, source.substring(from, at).replace("_", ""), line));
    }

    private void string(char quote) {
        int begun = line;
        int from = at + 1;
        for (at = from; at < source.length(); at++) {
            char c = source.charAt(at);
            line += c == '\n' ? 1 : 0;
            if (c == '\\') {
                at++;
                line += at < source.length() && source.charAt(at) == '\n' ? 1 : 0;
            } else if (c == quote) {
                out.add(new Token(Kind.STRING, StringLiteral.unescape(source.substring(from, at), begun), begun));
                at++;
                return;
            }
        }
        throw new JinjaException("a string has no end", begun);
    }

    private void operator(char c) {
        for (String operator : DOUBLE) {
            if (source.startsWith(operator, at)) {
                out.add(new Token(Kind.OPERATOR, operator, line));
                at += 2;
                return;
            }
        }
        if (SINGLE.indexOf(c) < 0) {
            throw new JinjaException(
                    "the character '" + Character.toString(source.codePointAt(at)) + "' is not allowed here", line);
        }
        balance(c);
        out.add(new Token(Kind.OPERATOR, String.valueOf(c), line));
        at++;
    }

    private void balance(char c) {
        int opening = "([{".indexOf(c);
        if (opening >= 0) {
            brackets.append(")]}".charAt(opening));
            if (brackets.length() > MAX_BRACKETS) {
                throw new JinjaException("brackets are nested more than " + MAX_BRACKETS + " deep", line);
            }
        } else if (c == ')' || c == ']' || c == '}') {
            int last = brackets.length() - 1;
            if (last < 0 || brackets.charAt(last) != c) {
                throw new JinjaException(
                        "unexpected '" + c + "'" + (last < 0 ? "" : ", expected '" + brackets.charAt(last) + "'"),
                        line);
            }
            brackets.setLength(last);
        }
    }
}
