package dev.cria.text;

import java.lang.Character.UnicodeScript;

/** Which texts may be a piece, by the options of the training. */
final class PieceRules {
    private static final char MARK = BpeModel.SPACE_MARK;

    private final TrainerOptions options;

    PieceRules(TrainerOptions options) {
        this.options = options;
    }

    /** Whether a text of at least two characters may be a piece. */
    boolean allows(String piece) {
        int n = piece.codePointCount(0, piece.length());
        if (n > options.maxPieceLength()) {
            return false;
        }
        boolean marksOnly = piece.chars().allMatch(c -> c == MARK);
        if (marksOnly) {
            return options.allowWhitespaceOnlyPieces() || (!options.splitByWhitespace() && n == 1);
        }
        int previous = -1;
        for (int i = 0; i < piece.length(); ) {
            int c = piece.codePointAt(i);
            int next = i + Character.charCount(c);
            if (c == MARK) {
                boolean atEnd = next == piece.length();
                if (i > 0 && (options.splitByWhitespace() || atEnd)) {
                    return false;
                }
            } else if ((options.splitDigits() && isDigit(c)) || (previous >= 0 && !together(previous, c))) {
                return false;
            } else {
                previous = c;
            }
            i = next;
        }
        return true;
    }

    /** Whether no piece whatsoever may hold {@code left} followed by {@code right}. */
    boolean cutBetween(int left, int right) {
        if (right == MARK) {
            return options.splitByWhitespace() && !(left == MARK && options.allowWhitespaceOnlyPieces());
        }
        if (options.splitDigits() && (isDigit(left) || isDigit(right))) {
            return true;
        }
        return left != MARK && !together(left, right);
    }

    private boolean together(int left, int right) {
        if (!options.splitByUnicodeScript()) {
            return true;
        }
        if (!options.splitByNumber() && (isDigit(left) || isDigit(right))) {
            return true;
        }
        return script(left) == script(right);
    }

    private static boolean isDigit(int c) {
        return (c >= '0' && c <= '9') || (c >= 0xFF10 && c <= 0xFF19);
    }

    /** Japanese writes in three scripts at once, which count as one; so does the long-vowel mark. */
    private static UnicodeScript script(int c) {
        if (c < 128) {
            return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' ? UnicodeScript.LATIN : UnicodeScript.COMMON;
        }
        if (c == 0x30FC) {
            return UnicodeScript.HAN;
        }
        UnicodeScript script = UnicodeScript.of(c);
        return switch (script) {
            case HIRAGANA, KATAKANA -> UnicodeScript.HAN;
            case UNKNOWN -> UnicodeScript.COMMON;
            default -> script;
        };
    }
}
