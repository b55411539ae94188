package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's split, rsplit, partition and rpartition. */
final class StringSplitting {
    private StringSplitting() {}

    static List<Object> split(Run run, String text, String name, Arguments arguments) {
        Arguments.Bound bound = arguments.bind(name + "()", "sep", "maxsplit");
        long most = bound.integer(1, -1);
        boolean fromRight = name.equals("rsplit");
        if (!bound.has(0)) {
            return fromRight && most >= 0 ? wordsFromRight(run, text, most) : words(run, text, most);
        }
        String separator = bound.text(0);
        if (separator.isEmpty()) {
            throw new JinjaException(name + "() with an empty separator");
        }
        List<Object> parts = new ArrayList<>();
        int from = 0;
        for (int at = Strings.indexOf(run, text, separator, 0);
                at >= 0 && (fromRight || most < 0 || parts.size() < most);
                at = Strings.indexOf(run, text, separator, from)) {
            run.make(at - (long) from);
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        run.make(text.length() - (long) from);
        parts.add(text.substring(from));
        return fromRight && most >= 0 && parts.size() > most + 1 ? joinFirst(text, separator, parts, most) : parts;
    }

    /** All but the last {@code most} parts, as one. */
    private static List<Object> joinFirst(String text, String separator, List<Object> parts, long most) {
        int kept = (int) most;
        int tail = 0;
        for (Object part : parts.subList(parts.size() - kept, parts.size())) {
            tail += ((String) part).length() + separator.length();
        }
        List<Object> joined = new ArrayList<>(List.of(text.substring(0, text.length() - tail)));
        joined.addAll(parts.subList(parts.size() - kept, parts.size()));
        return joined;
    }

    private static List<Object> words(Run run, String text, long most) {
        List<Object> words = new ArrayList<>();
        int at = 0;
        while (true) {
            while (at < text.length() && Strings.isSpace(text.charAt(at))) {
                at++;
            }
            if (at == text.length()) {
                return words;
            }
            int from = at;
            boolean last = most >= 0 && words.size() == most;
            while (at < text.length() && (last || !Strings.isSpace(text.charAt(at)))) {
                at++;
            }
            run.make(at - (long) from);
            words.add(text.substring(from, at));
        }
    }

    private static List<Object> wordsFromRight(Run run, String text, long most) {
        List<Object> words = new ArrayList<>();
        int end = text.length();
        while (true) {
            while (end > 0 && Strings.isSpace(text.charAt(end - 1))) {
                end--;
            }
            if (end == 0) {
                break;
            }
            int from = end;
            boolean last = words.size() == most;
            while (from > 0 && (last || !Strings.isSpace(text.charAt(from - 1)))) {
                from--;
            }
            run.make(end - (long) from);
            words.add(text.substring(from, end));
            end = from;
        }
        Collections.reverse(words);
        return words;
    }

    static Tuple partition(Run run, String text, String name, Arguments arguments) {
        String separator = arguments.bind(name + "()", "sep").text(0);
        if (separator.isEmpty()) {
            throw new JinjaException(name + "() with an empty separator");
        }
        boolean right = name.equals("rpartition");
        int at = right ? StringSearch.lastIndexOf(run, text, separator) : Strings.indexOf(run, text, separator, 0);
        if (at < 0) {
            return new Tuple(right ? List.of("", "", text) : List.of(text, "", ""));
        }
        return new Tuple(List.of(text.substring(0, at), separator, text.substring(at + separator.length())));
    }
}
