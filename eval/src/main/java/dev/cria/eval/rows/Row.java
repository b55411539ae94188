package dev.cria.eval.rows;

import dev.cria.base.UserError;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One row of a data set. Fields inside others are named by a path such as {@code choices.text}.
 *
 * @param values by field: {@link String}, {@link Long}, {@link Double}, {@link Boolean}, {@link List}, {@link Map}, null
 * @param file where it stands
 * @param place the line of the file, or the number of the row, as messages say it: {@code line 12}
 */
public record Row(Map<String, @Nullable Object> values, Path file, String place) {
    private static final String HINT = "restore the file, or take the row out";

    /** The row in a sentence: file and line. */
    public String where() {
        return file + " " + place;
    }

    /** The error for this row. */
    public UserError refuse(String what) {
        return new UserError(where() + ": " + what, HINT);
    }

    /** @throws UserError where the field is missing, or null */
    public Object get(String path) {
        @Nullable Object at = values;
        int from = 0;
        while (from <= path.length()) {
            int dot = path.indexOf('.', from);
            int to = dot < 0 ? path.length() : dot;
            if (!(at instanceof Map<?, ?> map)) {
                throw refuse(path.substring(0, from - 1) + " is " + kind(at) + ", not a group of fields");
            }
            at = map.get(path.substring(from, to));
            if (at == null) {
                boolean there = map.containsKey(path.substring(from, to));
                throw refuse("the field " + path.substring(0, to) + (there ? " is null" : " is missing"));
            }
            from = to + 1;
        }
        return Objects.requireNonNull(at);
    }

    /** @throws UserError where the field is missing or no text */
    public String text(String path) {
        if (get(path) instanceof String text) {
            return text;
        }
        throw wrong(path, "text");
    }

    /** @throws UserError where the field is missing or no list of texts */
    public List<String> texts(String path) {
        List<String> texts = new ArrayList<>();
        for (@Nullable Object item : list(path)) {
            if (!(item instanceof String text)) {
                throw refuse(path + " holds " + kind(item) + "; it must be a list of texts");
            }
            texts.add(text);
        }
        return texts;
    }

    /** @throws UserError where the field is missing or no list */
    public List<?> list(String path) {
        if (get(path) instanceof List<?> list) {
            return list;
        }
        throw wrong(path, "a list");
    }

    /**
     * A whole number, or the text of one.
     *
     * @throws UserError where the field is missing or neither
     */
    public long whole(String path) {
        Object value = get(path);
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof String text && text.strip().matches("[+-]?[0-9]{1,9}")) {
            return Long.parseLong(text.strip());
        }
        if (value instanceof String text) {
            throw refuse(path + " is \"" + shortened(text) + "\", which is no whole number");
        }
        throw wrong(path, "a whole number");
    }

    private UserError wrong(String path, String wanted) {
        return refuse(path + " is " + kind(get(path)) + "; it must be " + wanted);
    }

    private static String kind(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case String text -> "text";
            case Long number -> "a whole number";
            case Double number -> "a number";
            case Boolean bool -> "true or false";
            case List<?> list -> "a list";
            default -> "a group of fields";
        };
    }

    static String shortened(String text) {
        return text.length() > 60 ? text.substring(0, 60) + "…" : text;
    }
}
