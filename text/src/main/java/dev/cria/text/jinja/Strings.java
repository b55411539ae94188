package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.List;

/** Texts as Python has them: counted in code points. */
final class Strings {
    private static final int SHORT = 32;

    private Strings() {}

    /** White space as Python's str.isspace has it. */
    static boolean isSpace(int c) {
        return c == ' '
                || (c >= 9 && c <= 13)
                || (c >= 0x1C && c <= 0x1F)
                || c == 0x85
                || (c > 0x85 && Character.isSpaceChar(c));
    }

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** The characters, each a text. */
    static List<Object> characters(Run run, String text) {
        run.make(48L * text.length()); // each is an object
        List<Object> characters = new ArrayList<>(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            characters.add(Character.toString(c));
            i += Character.charCount(c);
        }
        return characters;
    }

    /** The character at a place that is inside the text. */
    static String at(String text, int index, int length) {
        if (length == text.length()) {
            return String.valueOf(text.charAt(index));
        }
        return Character.toString(text.codePointAt(text.offsetByCodePoints(0, index)));
    }

    /** Where {@code pattern} stands at or behind {@code from}, or -1; in time linear in both, whatever they are. */
    static int indexOf(Run run, String text, String pattern, int from) {
        if (pattern.length() <= SHORT) {
            int at = text.indexOf(pattern, from);
            run.read(4L * ((at < 0 ? text.length() : at) - Math.min(from, text.length())));
            return at;
        }
        run.read(text.length() - from + (long) pattern.length());
        return knuthMorrisPratt(text, pattern, from);
    }

    private static int knuthMorrisPratt(String text, String pattern, int from) {
        int n = pattern.length();
        if (n > text.length() - from) {
            return -1;
        }
        int[] border = new int[n]; // the longest proper prefix that is also a suffix of pattern[0..i]
        for (int i = 1, k = 0; i < n; i++) {
            while (k > 0 && pattern.charAt(i) != pattern.charAt(k)) {
                k = border[k - 1];
            }
            k += pattern.charAt(i) == pattern.charAt(k) ? 1 : 0;
            border[i] = k;
        }
        for (int i = from, k = 0; i < text.length(); i++) {
            while (k > 0 && text.charAt(i) != pattern.charAt(k)) {
                k = border[k - 1];
            }
            k += text.charAt(i) == pattern.charAt(k) ? 1 : 0;
            if (k == n) {
                return i - n + 1;
            }
        }
        return -1;
    }

    /** Replaces, at most {@code most} times where that is not negative. */
    static String replace(Run run, String text, String old, String with, long most) {
        if (most == 0) {
            return text;
        }
        if (old.isEmpty()) {
            return insertEverywhere(run, text, with, most);
        }
        int at = indexOf(run, text, old, 0);
        if (at < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (long count = 0; at >= 0 && (most < 0 || count < most); count++) {
            run.make(at - from + (long) with.length());
            out.append(text, from, at).append(with);
            from = at + old.length();
            at = indexOf(run, text, old, from);
        }
        run.make(out.length() + (long) text.length() - from);
        return out.append(text, from, text.length()).toString();
    }

    private static String insertEverywhere(Run run, String text, String with, long most) {
        StringBuilder out = new StringBuilder();
        int from = 0;
        long count = 0;
        for (; from <= text.length() && (most < 0 || count < most); count++) {
            int to = from < text.length() ? text.offsetByCodePoints(from, 1) : from;
            run.make(to - from + (long) with.length());
            out.append(with).append(text, from, to);
            if (from == text.length()) {
                return out.toString();
            }
            from = to;
        }
        return out.append(text, from, text.length()).toString();
    }

    /** A text again and again. */
    static String repeat(Run run, String text, long times) {
        long count = Math.max(0, times);
        if (text.isEmpty() || count == 0) {
            return "";
        }
        run.make(count > Integer.MAX_VALUE ? Long.MAX_VALUE / 2 : count * text.length());
        return text.repeat((int) count);
    }

    /** The lines of a text, without their ends, as Python's splitlines gives them. */
    static List<Object> lines(Run run, String text, boolean keepEnds) {
        List<Object> lines = new ArrayList<>();
        int from = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (isLineEnd(c)) {
                int end = c == '\r' && i + 1 < text.length() && text.charAt(i + 1) == '\n' ? i + 2 : i + 1;
                run.make(i - from);
                lines.add(text.substring(from, keepEnds ? end : i));
                from = end;
                i = end - 1;
            }
        }
        if (from < text.length()) {
            run.make(text.length() - from);
            lines.add(text.substring(from));
        }
        return lines;
    }

    private static boolean isLineEnd(char c) {
        return (c >= 10 && c <= 13) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
    }

    /** Compares by code point, as Python does; Java compares surrogates below the last of the basic plane. */
    static int compare(Run run, String a, String b) {
        int n = Math.min(a.length(), b.length());
        int differs = a.regionMatches(0, b, 0, n) ? n : firstDifference(a, b, n); // the first is a vector loop
        run.read(differs);
        if (differs == n) {
            return Integer.compare(a.length(), b.length());
        }
        char x = a.charAt(differs);
        char y = b.charAt(differs);
        boolean mixed = Character.isSurrogate(x) != Character.isSurrogate(y);
        return mixed ? (Character.isSurrogate(x) ? 1 : -1) : Character.compare(x, y);
    }

    private static int firstDifference(String a, String b, int n) {
        int i = 0;
        while (i < n && a.charAt(i) == b.charAt(i)) {
            i++;
        }
        return i;
    }
}
