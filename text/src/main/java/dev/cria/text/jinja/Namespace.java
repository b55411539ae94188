package dev.cria.text.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The one thing whose parts a template can set, from inside loops too. */
final class Namespace implements HasAttributes {
    private final Map<String, Object> values = new LinkedHashMap<>();

    @Override
    public @Nullable Object attribute(String name) {
        return values.get(name);
    }

    @Override
    public String typeName() {
        return "Namespace";
    }

    void set(String name, Object value) {
        values.put(name, value);
    }
}
