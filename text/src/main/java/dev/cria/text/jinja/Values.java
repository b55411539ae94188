package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What values are. A template sees {@link String}, {@link Long}, {@link Double}, {@link Boolean}, {@link None}, {@link Undefined}, {@link List}
 * (with {@link Tuple} and {@link Range}), {@link Map}, {@link Generator}, {@link Callable} and {@link HasAttributes}; lists and maps never change.
 */
final class Values {
    private static final int MAX_DEPTH = 100;

    private Values() {}

    /** A copy of a Java value, of the kinds above alone. */
    static Object of(@Nullable Object value) {
        return of(value, 0);
    }

    private static Object of(@Nullable Object value, int depth) {
        if (depth > MAX_DEPTH) {
            throw new IllegalArgumentException("a variable is nested too deeply");
        }
        if (value == null) {
            return None.NONE;
        }
        if (value instanceof String || value instanceof Long || value instanceof Double || value instanceof Boolean) {
            return value;
        }
        if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
            return ((Number) value).longValue();
        }
        if (value instanceof Float number) {
            return number.doubleValue();
        }
        if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>(list.size());
            for (Object item : list) {
                copy.add(of(item, depth + 1));
            }
            return copy;
        }
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new LinkedHashMap<>();
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                copy.put(key(of(entry.getKey(), depth + 1)), of(entry.getValue(), depth + 1));
            }
            return copy;
        }
        throw new IllegalArgumentException("a template cannot see a " + value.getClass());
    }

    /** Number of characters in a value. */
    static long size(Object value) {
        if (value instanceof String text) {
            return text.length();
        }
        long size = 8;
        if (value instanceof List<?> list) {
            for (Object item : list) {
                size += size(item);
            }
        } else if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                size += size(entry.getKey()) + size(entry.getValue());
            }
        }
        return size;
    }

    /** Python's truth. */
    static boolean isTrue(Object value) {
        if (value instanceof Boolean bool) {
            return bool;
        }
        if (value instanceof String text) {
            return !text.isEmpty();
        }
        if (value instanceof List<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Map<?, ?> map) {
            return !map.isEmpty();
        }
        if (value instanceof Long number) {
            return number != 0;
        }
        if (value instanceof Double number) {
            return number != 0;
        }
        return !(value instanceof None) && !(value instanceof Undefined);
    }

    /** What Python calls the type. */
    static String typeName(Object value) {
        if (value instanceof String) {
            return "str";
        }
        if (value instanceof Boolean) {
            return "bool";
        }
        if (value instanceof Long) {
            return "int";
        }
        if (value instanceof Double) {
            return "float";
        }
        if (value instanceof None) {
            return "NoneType";
        }
        if (value instanceof HasAttributes object) {
            return object.typeName();
        }
        if (value instanceof Tuple) {
            return "tuple";
        }
        if (value instanceof Range) {
            return "range";
        }
        if (value instanceof List) {
            return "list";
        }
        if (value instanceof Map) {
            return "dict";
        }
        return value instanceof Undefined ? "Undefined" : value instanceof Generator ? "generator" : "function";
    }

    /** What a loop goes through. */
    @SuppressWarnings("unchecked")
    static List<Object> items(Run run, Object value) {
        if (value instanceof List<?> list) {
            return (List<Object>) list;
        }
        if (value instanceof Map<?, ?> map) {
            run.work(map.size());
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof String text) {
            return Strings.characters(run, text);
        }
        if (value instanceof Generator generator) {
            return generator.rest();
        }
        if (value instanceof Undefined undefined) {
            run.nothing(undefined);
            return List.of();
        }
        throw new JinjaException("'" + typeName(value) + "' object is not iterable");
    }

    /** The same, counted: keys are compared where they are looked for. */
    static Object key(Run run, Object value) {
        if (value instanceof String text) {
            run.read(text.length());
            return value;
        }
        return key(value);
    }

    /** A value that can be a key. */
    static Object key(Object value) {
        if (value instanceof String || value instanceof Long || value instanceof Boolean || value instanceof None) {
            return value;
        }
        if (value instanceof Double number) {
            return number == Math.rint(number) && Math.abs(number) < 1e15 ? (Object) number.longValue() : number;
        }
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        throw new JinjaException("a '" + typeName(value) + "' cannot be a key");
    }

    /** A whole number; booleans count. */
    static long integer(Object value, String what) {
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof Boolean bool) {
            return bool ? 1 : 0;
        }
        if (value instanceof Undefined undefined) {
            throw undefined.error();
        }
        throw new JinjaException(what + " must be a whole number, not '" + typeName(value) + "'");
    }
}
