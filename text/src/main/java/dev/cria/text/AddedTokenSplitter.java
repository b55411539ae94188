package dev.cria.text;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Cuts a text at added tokens, with their options (single word, swallowing white space), as tokenizers does. */
final class AddedTokenSplitter {
    private final LiteralMatcher matcher;
    private final Map<Integer, AddedToken> tokens = new HashMap<>();

    /** @param spellings what each token is looked for as */
    AddedTokenSplitter(Map<String, AddedToken> spellings) {
        Map<String, Integer> ids = new HashMap<>();
        spellings.forEach((spelling, token) -> {
            ids.put(spelling, token.id());
            tokens.put(token.id(), token);
        });
        matcher = new LiteralMatcher(ids);
    }

    boolean isEmpty() {
        return matcher.isEmpty();
    }

    /** A part of the text, {@code [start, end)}: the token {@code id}, or text where {@code id} is -1. No part is empty. */
    record Part(int id, int start, int end) {}

    /** @param plain where no token is looked for */
    List<Part> split(String text, boolean withSpecial, List<TextSpan> plain) {
        List<Part> parts = new ArrayList<>();
        int from = 0;
        for (LiteralMatcher.Match match : matcher.findAll(text, plain)) {
            AddedToken token = tokens.get(match.id());
            if (token == null || match.start() < from || (token.special() && !withSpecial)) {
                continue;
            }
            int start = match.start();
            int end = match.end();
            if (token.singleWord()
                    && ((start > 0 && isWord(text.codePointBefore(start)))
                            || (end < text.length() && isWord(text.codePointAt(end))))) {
                continue;
            }
            while (token.leftStrip() && start > from && isSpace(text.codePointBefore(start))) {
                start -= Character.charCount(text.codePointBefore(start));
            }
            while (token.rightStrip() && end < text.length() && isSpace(text.codePointAt(end))) {
                end += Character.charCount(text.codePointAt(end));
            }
            if (from < start) {
                parts.add(new Part(-1, from, start));
            }
            parts.add(new Part(token.id(), start, end));
            from = end;
        }
        if (from < text.length()) {
            parts.add(new Part(-1, from, text.length()));
        }
        return parts;
    }

    /** A word character by the Unicode rules for regular expressions (UTS #18). */
    private static boolean isWord(int codePoint) {
        int type = Character.getType(codePoint);
        return Character.isAlphabetic(codePoint)
                || type == Character.NON_SPACING_MARK
                || type == Character.ENCLOSING_MARK
                || type == Character.COMBINING_SPACING_MARK
                || type == Character.DECIMAL_DIGIT_NUMBER
                || type == Character.CONNECTOR_PUNCTUATION
                || codePoint == 0x200C
                || codePoint == 0x200D;
    }

    /** White space as Unicode has it. */
    private static boolean isSpace(int codePoint) {
        return Character.isSpaceChar(codePoint) || (codePoint >= 9 && codePoint <= 13) || codePoint == 0x85;
    }
}
