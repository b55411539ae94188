package dev.cria.text.jinja;

import org.jspecify.annotations.Nullable;

/** Finds filters by name. */
final class Filters {
    private Filters() {}

    static Object apply(Frame frame, String name, Object value, Arguments arguments) {
        Run run = frame.run();
        Object result = TextFilters.apply(run, name, value, arguments);
        if (result == null) {
            result = NumberFilters.apply(run, name, value, arguments);
        }
        if (result == null) {
            result = ListFilters.apply(run, name, value, arguments);
        }
        if (result == null) {
            result = SelectingFilters.apply(frame, name, value, arguments);
        }
        if (result == null) {
            throw new JinjaException("there is no filter '" + name + "'");
        }
        return result;
    }

    /** The value at an attribute such as {@code name} or {@code function.arguments.0}. */
    static Object attribute(Run run, Object object, Object path, @Nullable Object otherwise) {
        Object value = object;
        if (path instanceof String names) {
            int from = 0;
            while (from <= names.length()) {
                run.work(1);
                int dot = names.indexOf('.', from);
                int to = dot < 0 ? names.length() : dot;
                String name = names.substring(from, to);
                boolean index = !name.isEmpty() && name.length() < 10 && CharacterCase.is(name, "isdecimal");
                value = Attributes.item(run, value, index ? (Object) Long.parseLong(name) : name);
                if (value instanceof Undefined && otherwise != null) {
                    value = otherwise;
                }
                from = to + 1;
            }
        } else {
            value = Attributes.item(run, value, path);
            value = value instanceof Undefined && otherwise != null ? otherwise : value;
        }
        return value;
    }
}
