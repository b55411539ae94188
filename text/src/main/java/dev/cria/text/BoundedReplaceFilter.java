package dev.cria.text;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.lib.filter.Filter;
import org.jspecify.annotations.Nullable;

/** The filter {@code replace(old, new)}, which knows the size of its result before it makes it. */
final class BoundedReplaceFilter implements Filter {
    private final int maxLength;

    BoundedReplaceFilter(int maxLength) {
        this.maxLength = maxLength;
    }

    @Override
    public String getName() {
        return "replace";
    }

    @Override
    public @Nullable Object filter(@Nullable Object value, JinjavaInterpreter interpreter, String... arguments) {
        if (value == null) {
            return null;
        }
        if (arguments.length < 2) {
            throw new IllegalArgumentException("replace needs two texts");
        }
        return replace(value.toString(), arguments[0], arguments[1], maxLength);
    }

    static String replace(String text, String old, String with, int maxLength) {
        long places = 0;
        if (old.isEmpty()) {
            places = text.length() + 1L;
        } else {
            for (int at = text.indexOf(old); at >= 0; at = text.indexOf(old, at + old.length())) {
                places++;
            }
        }
        long length = text.length() + places * ((long) with.length() - old.length());
        if (length > maxLength) {
            throw new IllegalArgumentException("replace would make a text of " + length + " characters");
        }
        return text.replace(old, with);
    }
}
