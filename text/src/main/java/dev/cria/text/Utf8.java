package dev.cria.text;

import java.nio.charset.StandardCharsets;

/** UTF-8 with the rule of this package: a lone surrogate, which UTF-8 cannot hold, counts as U+FFFD. */
final class Utf8 {
    private Utf8() {}

    static byte[] encode(String text) {
        return replaceLoneSurrogates(text).getBytes(StandardCharsets.UTF_8);
    }

    /** The text itself where it has no lone surrogates. */
    static String replaceLoneSurrogates(String text) {
        return hasLoneSurrogate(text) ? replace(text) : text;
    }

    static boolean hasLoneSurrogate(String text) {
        int n = text.length();
        for (int i = 0; i < n; i++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c) && i + 1 < n && Character.isLowSurrogate(text.charAt(i + 1))) {
                    i++;
                } else {
                    return true;
                }
            }
        }
        return false;
    }

    private static String replace(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> out.appendCodePoint(c >= 0xD800 && c <= 0xDFFF ? 0xFFFD : c));
        return out.toString();
    }

    /** Length of the sequence that a lead byte announces, or 0 for a byte that cannot lead. */
    static int sequenceLength(int lead) {
        if (lead < 0x80) {
            return 1;
        }
        if (lead < 0xC2) {
            return 0;
        }
        return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    }

    /** The code point of {@code bytes[at..at+length)}, which {@link #sequenceLength} announced, or -1 where it is not well formed. */
    static int codePoint(byte[] bytes, int at, int length) {
        if (length == 1) {
            return bytes[at];
        }
        int value = bytes[at] & 0xFF >> length + 1;
        for (int i = 1; i < length; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) {
                return -1;
            }
            value = value << 6 | bytes[at + i] & 0x3F;
        }
        boolean shortest = length == 2 ? value >= 0x80 : length == 3 ? value >= 0x800 : value >= 0x10000;
        return shortest && value <= 0x10FFFF && !(value >= 0xD800 && value <= 0xDFFF) ? value : -1;
    }
}
