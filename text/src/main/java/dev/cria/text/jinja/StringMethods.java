package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The methods of Python's str. */
final class StringMethods {
    static final Set<String> NAMES = Set.of(
            "strip",
            "lstrip",
            "rstrip",
            "split",
            "rsplit",
            "splitlines",
            "startswith",
            "endswith",
            "upper",
            "lower",
            "title",
            "capitalize",
            "casefold",
            "swapcase",
            "replace",
            "find",
            "rfind",
            "index",
            "rindex",
            "count",
            "join",
            "isdigit",
            "isdecimal",
            "isnumeric",
            "isalpha",
            "isalnum",
            "isspace",
            "isupper",
            "islower",
            "removeprefix",
            "removesuffix",
            "center",
            "ljust",
            "rjust",
            "zfill",
            "partition",
            "rpartition",
            "format");

    private static final int MAX_STRIPPED = 100;

    private StringMethods() {}

    static Object call(Run run, String text, String name, Arguments arguments) {
        run.make(3L * text.length()); // most make a text of about that length; upper case can be longer
        return switch (name) {
            case "strip" -> strip(text, true, true, arguments.bind("strip()", "chars"));
            case "lstrip" -> strip(text, true, false, arguments.bind("lstrip()", "chars"));
            case "rstrip" -> strip(text, false, true, arguments.bind("rstrip()", "chars"));
            case "split", "rsplit" -> StringSplitting.split(run, text, name, arguments);
            case "splitlines" ->
                Strings.lines(
                        run, text, arguments.bind("splitlines()", "keepends").flag(0, false));
            case "partition", "rpartition" -> StringSplitting.partition(run, text, name, arguments);
            case "startswith", "endswith" -> affix(text, name, arguments);
            case "removeprefix" -> {
                String prefix = arguments.bind("removeprefix()", "prefix").text(0);
                yield text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            }
            case "removesuffix" -> {
                String suffix = arguments.bind("removesuffix()", "suffix").text(0);
                yield text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
            }
            case "upper" -> text.toUpperCase(Locale.ROOT);
            case "lower", "casefold" -> text.toLowerCase(Locale.ROOT);
            case "title" -> CharacterCase.title(text);
            case "capitalize" -> CharacterCase.capitalize(text);
            case "swapcase" -> CharacterCase.swap(text);
            case "replace" -> {
                Arguments.Bound bound = arguments.bind("replace()", "old", "new", "count");
                yield Strings.replace(run, text, bound.text(0), bound.text(1), bound.integer(2, -1));
            }
            case "find", "rfind", "index", "rindex", "count" -> StringSearch.call(run, text, name, arguments);
            case "join" ->
                join(
                        run,
                        text,
                        Values.items(run, arguments.bind("join()", "iterable").value(0)));
            case "center", "ljust", "rjust", "zfill" -> pad(run, text, name, arguments);
            case "format" -> BraceFormat.format(run, text, arguments);
            default -> CharacterCase.is(text, name);
        };
    }

    private static String strip(String text, boolean left, boolean right, Arguments.Bound bound) {
        return strip(text, left, right, bound.text(0, ""));
    }

    /** @param set the characters to drop; empty for white space */
    static String strip(String text, boolean left, boolean right, String set) {
        if (set.length() > MAX_STRIPPED) {
            throw new JinjaException("more than " + MAX_STRIPPED + " characters to strip");
        }
        int from = 0;
        int to = text.length();
        while (left && from < to && strips(set, text.codePointAt(from))) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (right && to > from && strips(set, text.codePointBefore(to))) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    private static boolean strips(String set, int c) {
        return set.isEmpty() ? Strings.isSpace(c) : set.indexOf(c) >= 0;
    }

    private static boolean affix(String text, String name, Arguments arguments) {
        Object wanted = arguments.bind(name + "()", "affix").value(0);
        List<?> all = wanted instanceof Tuple tuple ? tuple : List.of(wanted);
        for (Object one : all) {
            if (one instanceof Undefined undefined) {
                throw undefined.error();
            }
            if (!(one instanceof String affix)) {
                throw new JinjaException(name + "() needs a string, not '" + Values.typeName(one) + "'");
            }
            if (name.equals("startswith") ? text.startsWith(affix) : text.endsWith(affix)) {
                return true;
            }
        }
        return false;
    }

    private static String join(Run run, String separator, List<Object> items) {
        List<String> parts = new ArrayList<>(items.size());
        long length = 0;
        for (Object item : items) {
            if (!(item instanceof String part)) {
                throw new JinjaException("join() needs strings, not '" + Values.typeName(item) + "'");
            }
            parts.add(part);
            length += part.length() + (long) separator.length();
            run.work(1);
        }
        run.make(length);
        return String.join(separator, parts);
    }

    private static String pad(Run run, String text, String name, Arguments arguments) {
        Arguments.Bound bound = name.equals("zfill")
                ? arguments.bind("zfill()", "width")
                : arguments.bind(name + "()", "width", "fillchar");
        String fill = name.equals("zfill") ? "0" : bound.text(1, " ");
        if (Strings.length(fill) != 1) {
            throw new JinjaException(name + "() fills with one character, not with '" + fill + "'");
        }
        long missing = bound.integer(0) - Strings.length(text);
        if (missing <= 0) {
            return text;
        }
        if (name.equals("zfill") && !text.isEmpty() && (text.charAt(0) == '-' || text.charAt(0) == '+')) {
            return text.charAt(0) + Strings.repeat(run, fill, missing) + text.substring(1);
        }
        long left = switch (name) {
            case "ljust" -> 0;
            case "center" -> missing / 2 + (missing & bound.integer(0) & 1);
            default -> missing;
        };
        return Strings.repeat(run, fill, left) + text + Strings.repeat(run, fill, missing - left);
    }
}
