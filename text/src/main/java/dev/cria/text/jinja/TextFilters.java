package dev.cria.text.jinja;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Filters that make texts. */
final class TextFilters {
    private TextFilters() {}

    /** The filter's result, or null where it is not one of these. */
    static @Nullable Object apply(Run run, String name, Object value, Arguments arguments) {
        return switch (name) {
            case "trim" ->
                StringMethods.strip(
                        text(run, value),
                        true,
                        true,
                        arguments.bind("trim", "chars").text(0, ""));
            case "upper" -> {
                String text = text(run, value);
                run.make(2L * text.length()); // upper case can be longer
                yield text.toUpperCase(Locale.ROOT);
            }
            case "lower" -> text(run, value).toLowerCase(Locale.ROOT);
            case "title" -> CharacterCase.titleWords(text(run, value));
            case "capitalize" -> CharacterCase.capitalize(text(run, value));
            case "string", "safe" -> text(run, value);
            case "escape", "e", "forceescape" -> escape(run, text(run, value));
            case "replace" -> {
                Arguments.Bound bound = arguments.bind("replace", "old", "new", "count");
                yield Strings.replace(
                        run,
                        text(run, value),
                        text(run, bound.value(0)),
                        text(run, bound.value(1)),
                        bound.integer(2, -1));
            }
            case "indent" -> {
                if (!(value instanceof String text)) {
                    throw new JinjaException("indent needs a string, not '" + Values.typeName(value) + "'");
                }
                yield indent(run, text, arguments.bind("indent", "width", "first", "blank"));
            }
            case "center" -> {
                Arguments.Bound bound = arguments.bind("center", "width");
                Object width = bound.integer(0, 80);
                yield StringMethods.call(
                        run, text(run, value), "center", new Arguments(List.of(width), java.util.Map.of()));
            }
            case "format" ->
                PercentFormat.format(
                        run, text(run, value), PercentFormat.values(arguments.positional(), arguments.named()));
            case "join" -> join(run, value, arguments.bind("join", "d", "attribute"));
            case "tojson" ->
                json(run, value, arguments.bind("tojson", "ensure_ascii", "indent", "separators", "sort_keys"));
            case "wordcount" -> words(text(run, value));
            case "truncate" ->
                truncate(text(run, value), arguments.bind("truncate", "length", "killwords", "end", "leeway"));
            case "urlencode" -> urlEncode(run, text(run, value));
            default -> null;
        };
    }

    private static String text(Run run, Object value) {
        String text = PythonText.str(run, value);
        run.make(text.length());
        return text;
    }

    private static String escape(Run run, String text) {
        run.make(6L * text.length());
        StringBuilder out = new StringBuilder(text.length() + 16);
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> out.append("&amp;");
                case '<' -> out.append("&lt;");
                case '>' -> out.append("&gt;");
                case '\'' -> out.append("&#39;");
                case '"' -> out.append("&#34;");
                default -> out.append(c);
            }
        }
        return out.toString();
    }

    private static String indent(Run run, String text, Arguments.Bound bound) {
        String indent =
                bound.value(0, 4L) instanceof String given ? given : Strings.repeat(run, " ", bound.integer(0, 4));
        boolean blank = bound.flag(2, false);
        StringBuilder out = new StringBuilder(bound.flag(1, false) ? indent : "");
        List<Object> lines = Strings.lines(run, text + "\n", false);
        for (int i = 0; i < lines.size(); i++) {
            String line = (String) lines.get(i);
            run.make(line.length() + (long) indent.length());
            out.append(i == 0 ? "" : "\n")
                    .append(i > 0 && (blank || !line.isEmpty()) ? indent : "")
                    .append(line);
        }
        return out.toString();
    }

    private static String join(Run run, Object value, Arguments.Bound bound) {
        String separator = PythonText.str(run, bound.value(0, ""));
        StringBuilder out = new StringBuilder();
        boolean first = true;
        for (Object item : Values.items(run, value)) {
            Object shown = bound.has(1) ? Filters.attribute(run, item, bound.value(1), null) : item;
            String text = PythonText.str(run, shown);
            run.make(text.length() + (long) separator.length());
            out.append(first ? "" : separator).append(text);
            first = false;
        }
        return out.toString();
    }

    private static String json(Run run, Object value, Arguments.Bound bound) {
        boolean lines = bound.has(1);
        String indent = "";
        if (lines) {
            indent = bound.value(1) instanceof String given
                    ? given
                    : Strings.repeat(run, " ", Math.min(1000, bound.integer(1)));
        }
        String comma = lines ? "," : ", ";
        String colon = ": ";
        if (bound.has(2)) {
            if (!(bound.value(2) instanceof List<?> pair)
                    || pair.size() != 2
                    || !(pair.get(0) instanceof String first)
                    || !(pair.get(1) instanceof String second)) {
                throw new JinjaException("tojson: separators must be two strings");
            }
            comma = first;
            colon = second;
        }
        run.make(comma.length() + (long) colon.length());
        return new Json(run, bound.flag(0, false), bound.flag(3, false), lines, indent, comma, colon).write(value);
    }

    private static long words(String text) {
        long words = 0;
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            boolean letter = Character.isLetterOrDigit(text.charAt(i)) || text.charAt(i) == '_';
            words += letter && !inWord ? 1 : 0;
            inWord = letter;
        }
        return words;
    }

    private static String truncate(String text, Arguments.Bound bound) {
        long length = bound.integer(0, 255);
        String end = bound.text(2, "...");
        if (text.length() <= length + bound.integer(3, 5)) {
            return text;
        }
        int kept = (int) Math.max(0, Math.min(text.length(), length - end.length()));
        String start = text.substring(0, kept);
        int space = start.lastIndexOf(' ');
        return (bound.flag(1, false) || space < 0 ? start : start.substring(0, space)) + end;
    }

    private static String urlEncode(Run run, String text) {
        run.make(9L * text.length());
        StringBuilder out = new StringBuilder();
        for (byte b : text.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xFF);
            boolean plain = (c | 0x20) >= 'a' && (c | 0x20) <= 'z' || c >= '0' && c <= '9' || "_.-~/".indexOf(c) >= 0;
            if (plain) {
                out.append(c);
            } else {
                out.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return out.toString();
    }
}
