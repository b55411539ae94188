package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes values as Python's {@code json.dumps} does, which is what {@code tojson} means in transformers. */
final class Json {
    private static final int MAX_DEPTH = 100;

    private final Run run;
    private final boolean ascii;
    private final boolean sorted;
    private final String indent;
    private final boolean lines;
    private final String comma;
    private final String colon;
    private final StringBuilder out = new StringBuilder();

    /**
     * @param indent what each line begins with, once a level; where {@code lines} is false all is one line
     * @param comma between elements
     * @param colon between a key and its value
     */
    Json(Run run, boolean ascii, boolean sorted, boolean lines, String indent, String comma, String colon) {
        this.run = run;
        this.ascii = ascii;
        this.sorted = sorted;
        this.lines = lines;
        this.indent = indent;
        this.comma = comma;
        this.colon = colon;
    }

    String write(Object value) {
        write(value, 0);
        return out.toString();
    }

    private void write(Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new JinjaException("a value is nested more than " + MAX_DEPTH + " deep");
        }
        run.work(1);
        if (value instanceof String text) {
            quote(text);
        } else if (value instanceof List<?> list && !(value instanceof Range)) {
            out.append('[');
            for (int i = 0; i < list.size(); i++) {
                separate(i, depth + 1);
                write(list.get(i), depth + 1);
            }
            end(list.size(), depth, ']');
        } else if (value instanceof Map<?, ?> map) {
            out.append('{');
            int i = 0;
            for (Map.Entry<?, ?> entry : entries(map)) {
                separate(i++, depth + 1);
                quote(entry.getKey() instanceof String key ? key : scalar(entry.getKey()));
                out.append(colon);
                write(entry.getValue(), depth + 1);
            }
            end(map.size(), depth, '}');
        } else {
            out.append(scalar(value));
        }
    }

    private List<Map.Entry<?, ?>> entries(Map<?, ?> map) {
        List<Map.Entry<?, ?>> entries = new ArrayList<>(map.entrySet());
        if (sorted) {
            entries.sort((a, b) -> Comparison.compare(run, a.getKey(), b.getKey(), "<"));
        }
        return entries;
    }

    private void separate(int index, int depth) {
        if (index > 0) {
            out.append(comma);
        }
        newLine(depth);
    }

    private void end(int size, int depth, char bracket) {
        if (size > 0) {
            newLine(depth);
        }
        out.append(bracket);
    }

    private void newLine(int depth) {
        if (lines) {
            run.make(1 + (long) depth * indent.length());
            out.append('\n').repeat(indent, depth);
        }
    }

    private static String scalar(Object value) {
        if (value instanceof Boolean bool) {
            return bool ? "true" : "false";
        }
        if (value instanceof None) {
            return "null";
        }
        if (value instanceof Long) {
            return value.toString();
        }
        if (value instanceof Double number) {
            return number.isNaN()
                    ? "NaN"
                    : number.isInfinite() ? (number > 0 ? "Infinity" : "-Infinity") : PythonText.number(number);
        }
        throw new JinjaException("a '" + Values.typeName(value) + "' cannot be written as JSON");
    }

    private void quote(String text) {
        run.make(text.length() + 2L);
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ' || (ascii && c > '~')) {
                        String hex = Integer.toHexString(c);
                        run.make(6);
                        out.append("\\u").repeat('0', 4 - hex.length()).append(hex);
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
