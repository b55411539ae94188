package dev.cria.text;

import java.util.HashMap;
import java.util.Map;

/** The symbol of each character: an id, or where there is none, {@code ~codePoint}, which is negative. */
final class CharacterSymbols {
    private final int[] basicPlane = new int[1 << 16];
    private final Map<Integer, Integer> supplementary = new HashMap<>();

    CharacterSymbols() {
        for (int c = 0; c < basicPlane.length; c++) {
            basicPlane[c] = ~c;
        }
    }

    /** Whether a text is one character. */
    static boolean isCharacter(String text) {
        return text.length() == 1 || (text.length() == 2 && text.codePointCount(0, 2) == 1);
    }

    void put(int codePoint, int symbol) {
        if (codePoint < basicPlane.length) {
            basicPlane[codePoint] = symbol;
        } else {
            supplementary.put(codePoint, symbol);
        }
    }

    int get(int codePoint) {
        return codePoint < basicPlane.length
                ? basicPlane[codePoint]
                : supplementary.getOrDefault(codePoint, ~codePoint);
    }

    /** Symbols of the characters {@code chars[from..to)} into {@code symbols}; returns how many. Lone surrogates count as U+FFFD. */
    int symbols(char[] chars, int from, int to, int[] symbols) {
        int n = 0;
        for (int i = from; i < to; i++) {
            char c = chars[i];
            if (!Character.isSurrogate(c)) {
                symbols[n++] = basicPlane[c];
            } else if (Character.isHighSurrogate(c) && i + 1 < to && Character.isLowSurrogate(chars[i + 1])) {
                symbols[n++] = get(Character.toCodePoint(c, chars[++i]));
            } else {
                symbols[n++] = basicPlane[0xFFFD];
            }
        }
        return n;
    }
}
