package dev.cria.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a call is given: values in order, and values by name. */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    /**
     * The values in the order of the parameters.
     *
     * @param callee what errors call the function
     */
    Bound bind(String callee, String... parameters) {
        if (positional.size() > parameters.length) {
            throw new JinjaException(
                    callee + " takes at most " + parameters.length + " arguments, but is given " + positional.size());
        }
        @Nullable Object[] values = new @Nullable Object[parameters.length];
        for (int i = 0; i < positional.size(); i++) {
            values[i] = positional.get(i);
        }
        for (Map.Entry<String, Object> entry : named.entrySet()) {
            int index = 0;
            while (index < parameters.length && !parameters[index].equals(entry.getKey())) {
                index++;
            }
            if (index == parameters.length || values[index] != null) {
                throw new JinjaException(callee + " cannot take the argument " + entry.getKey()
                        + (index == parameters.length ? "" : " twice"));
            }
            values[index] = entry.getValue();
        }
        return new Bound(callee, parameters, values);
    }

    /** Values by the place of their parameter. */
    static final class Bound {
        private final String callee;
        private final String[] parameters;
        private final @Nullable Object[] values;

        private Bound(String callee, String[] parameters, @Nullable Object[] values) {
            this.callee = callee;
            this.parameters = parameters;
            this.values = values;
        }

        boolean has(int index) {
            return values[index] != null && values[index] != None.NONE;
        }

        /** The value, or {@code otherwise} where none is given. */
        Object value(int index, Object otherwise) {
            Object value = values[index];
            return value == null ? otherwise : value;
        }

        /** A value that must be given. */
        Object value(int index) {
            Object value = values[index];
            if (value == null) {
                throw new JinjaException(callee + " needs the argument " + parameters[index]);
            }
            return value;
        }

        /** A text that must be given. */
        String text(int index) {
            Object value = value(index);
            if (value instanceof String text) {
                return text;
            }
            if (value instanceof Undefined undefined) {
                throw undefined.error();
            }
            throw new JinjaException(
                    callee + ": " + parameters[index] + " must be a string, not '" + Values.typeName(value) + "'");
        }

        String text(int index, String otherwise) {
            return has(index) ? text(index) : otherwise;
        }

        long integer(int index) {
            return Values.integer(value(index), callee + ": " + parameters[index]);
        }

        long integer(int index, long otherwise) {
            return has(index) ? integer(index) : otherwise;
        }

        boolean flag(int index, boolean otherwise) {
            Object value = values[index];
            return value == null ? otherwise : Values.isTrue(value);
        }
    }
}
