package dev.cria.text.jinja;

import dev.cria.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into text and tags. Where the dialect trims, the line feed behind a tag is dropped, and so is what stands before a tag that
 * begins its line; {@code -} drops all white space, {@code +} keeps it.
 */
final class Lexer {
    private final String source;
    private final boolean trims;
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private int line = 1;
    private boolean lineStarts = true;

    private Lexer(String source, boolean trims) {
        this.source = source;
        this.trims = trims;
    }

    /** @throws JinjaException where a tag has no end, or holds what is no token */
    static List<Token> tokens(String source, Dialect dialect) {
        return new Lexer(normalize(source, dialect.keepsLastLineFeed()), dialect.trims()).run();
    }

    /** One kind of line feed, and none at the end of the template, unless that one is kept. */
    private static String normalize(String source, boolean keepsLast) {
        String text = source;
        if (source.indexOf('\r') >= 0) {
            text = source.replace("\r\n", "\n").replace('\r', '\n');
        }
        return text.endsWith("\n") && !keepsLast ? text.substring(0, text.length() - 1) : text;
    }

    private List<Token> run() {
        while (at < source.length()) {
            int tag = nextTag();
            if (tag < 0) {
                data(source.substring(at));
                break;
            }
            char kind = source.charAt(tag + 1);
            String text = source.substring(at, tag);
            int inside = tag + 2;
            char sign = inside < source.length() ? source.charAt(inside) : ' ';
            boolean signed = sign == '-' || sign == '+';
            int skipped = at;
            text = withoutIndent(text, sign, kind == '{');
            data(text);
            countLines(skipped + text.length(), tag);
            at = signed ? inside + 1 : inside;
            switch (kind) {
                case '#' -> comment();
                case '%' -> {
                    if (!raw()) {
                        tag(Kind.TAG_BEGIN, Kind.TAG_END);
                    }
                }
                default -> tag(Kind.PRINT_BEGIN, Kind.PRINT_END);
            }
        }
        tokens.add(new Token(Kind.END, "", line));
        return tokens;
    }

    private int nextTag() {
        for (int i = source.indexOf('{', at); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            char next = source.charAt(i + 1);
            if (next == '{' || next == '%' || next == '#') {
                return i;
            }
        }
        return -1;
    }

    private String withoutIndent(String text, char sign, boolean print) {
        int end = text.length();
        if (sign == '-') {
            while (end > 0 && Strings.isSpace(text.charAt(end - 1))) {
                end--;
            }
            return text.substring(0, end);
        }
        if (sign == '+' || print || !trims) {
            return text;
        }
        int start = text.lastIndexOf('\n') + 1;
        if (start == 0 && !lineStarts) {
            return text;
        }
        for (int i = start; i < end; i++) {
            if (!Strings.isSpace(text.charAt(i))) {
                return text;
            }
        }
        return text.substring(0, start);
    }

    private void data(String text) {
        if (!text.isEmpty()) {
            tokens.add(new Token(Kind.DATA, text, line));
            countLines(text, 0, text.length());
        }
    }

    private void countLines(int from, int to) {
        countLines(source, from, to);
    }

    private void countLines(String text, int from, int to) {
        for (int i = text.indexOf('\n', from, to); i >= 0; i = text.indexOf('\n', i + 1, to)) {
            line++;
        }
    }

    private void comment() {
        int end = source.indexOf("#}", at);
        if (end < 0) {
            throw new JinjaException("a comment has no end", line);
        }
        char before = end > at ? source.charAt(end - 1) : ' ';
        countLines(at, end);
        at = end + 2;
        afterTag(before);
    }

    /** White space behind a tag: all after {@code -}, none after {@code +}, else one line feed. */
    private void afterTag(char sign) {
        int from = at;
        if (sign == '-') {
            while (at < source.length() && Strings.isSpace(source.charAt(at))) {
                at++;
            }
        } else if (trims && sign != '+' && at < source.length() && source.charAt(at) == '\n') {
            at++;
        }
        countLines(from, at);
        lineStarts = at > 0 && source.charAt(at - 1) == '\n';
    }

    /** Takes {@code {% raw %} ... {% endraw %}}, if that is what stands here. */
    private boolean raw() {
        int end = closing(word(at, "raw"));
        if (end < 0) {
            return false;
        }
        int begun = line;
        countLines(at, end);
        at = end + 2;
        if (source.charAt(end - 1) == '-') {
            afterTag('-');
        }
        lineStarts = source.charAt(at - 1) == '\n';
        for (int tag = source.indexOf("{%", at); tag >= 0; tag = source.indexOf("{%", tag + 2)) {
            int inside = tag + 2;
            char sign = inside < source.length() ? source.charAt(inside) : ' ';
            int close = closing(word(sign == '-' || sign == '+' ? inside + 1 : inside, "endraw"));
            if (close >= 0) {
                int from = at;
                String text = withoutIndent(source.substring(at, tag), sign, false);
                data(text);
                countLines(from + text.length(), close);
                at = close + 2;
                afterTag(source.charAt(close - 1));
                return true;
            }
        }
        throw new JinjaException("a raw block has no end", begun);
    }

    /** Where white space and that word end, or -1 where something else stands there. */
    private int word(int from, String word) {
        int i = skipSpace(from);
        return source.startsWith(word, i) ? skipSpace(i + word.length()) : -1;
    }

    private int skipSpace(int from) {
        int i = from;
        while (i < source.length() && Strings.isSpace(source.charAt(i))) {
            i++;
        }
        return i;
    }

    /** Where {@code %}} stands, which a sign may precede, or -1. */
    private int closing(int from) {
        if (from < 0 || from >= source.length()) {
            return -1;
        }
        char sign = source.charAt(from);
        int end = sign == '-' || sign == '+' ? from + 1 : from;
        return source.startsWith("%}", end) ? end : -1;
    }

    private void tag(Kind begin, Kind end) {
        tokens.add(new Token(begin, "", line));
        TagLexer inside = new TagLexer(source, at, line, begin == Kind.TAG_BEGIN, tokens);
        char sign = inside.run();
        at = inside.position();
        line = inside.line();
        tokens.add(new Token(end, "", line));
        if (end == Kind.TAG_END || sign == '-') {
            afterTag(sign);
        } else {
            lineStarts = false;
        }
    }
}
