package dev.cria.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code a.b} and {@code a[b]} mean: an entry, an element, or one of the methods that Python's own types have. */
final class Attributes {
    private Attributes() {}

    /** {@code object.name}: methods come before entries. */
    static Object attribute(Object object, String name) {
        Object found = method(object, name);
        if (found == null && object instanceof Map<?, ?> map) {
            found = map.get(name);
        }
        return found != null ? found : missing(object, name);
    }

    /** {@code object[key]}: entries come before methods. */
    static Object item(Run run, Object object, Object key) {
        Object found = null;
        if (object instanceof Map<?, ?> map) {
            found = key instanceof Undefined || key instanceof List || key instanceof Map
                    ? null
                    : map.get(Values.key(run, key));
        } else if (object instanceof List<?> list && Comparison.isNumber(key) && !(key instanceof Double)) {
            long index = Values.integer(key, "an index");
            long at = index < 0 ? index + list.size() : index;
            found = at >= 0 && at < list.size() ? list.get((int) at) : null;
        } else if (object instanceof String text && Comparison.isNumber(key) && !(key instanceof Double)) {
            run.read(text.length());
            int length = Strings.length(text);
            long index = Values.integer(key, "an index");
            long at = index < 0 ? index + length : index;
            found = at >= 0 && at < length ? Strings.at(text, (int) at, length) : null;
        }
        if (found == null && key instanceof String name) {
            found = method(object, name);
        }
        return found != null ? found : missing(object, key);
    }

    private static @Nullable Object method(Object object, String name) {
        if (object instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (object instanceof HasAttributes has) {
            Object value = has.attribute(name);
            if (value != null) {
                return value;
            }
        }
        boolean known = object instanceof String
                ? StringMethods.NAMES.contains(name)
                : object instanceof Map
                        ? Methods.OF_DICTS.contains(name)
                        : object instanceof List && Methods.OF_LISTS.contains(name);
        return known ? new Method(object, name) : null;
    }

    private static Undefined missing(Object object, Object key) {
        if (object instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (key instanceof String name && name.startsWith("__")) {
            throw new JinjaException("it asks for the attribute '" + name + "', which is not allowed");
        }
        String owner = object == None.NONE ? "None" : Values.typeName(object) + " object";
        if (key instanceof String name) {
            return new Undefined("'" + owner + "' has no attribute '"
                    + (name.length() > 100 ? name.substring(0, 100) + "..." : name) + "'");
        }
        return new Undefined("'" + owner + "' has no element " + (key instanceof Long ? key : "of that kind"));
    }

    /** {@code object[start:stop:step]}, with Python's rules for what is negative or beyond the ends. */
    static Object slice(Run run, Object object, Object start, Object stop, Object step) {
        long stride = step == None.NONE ? 1 : Values.integer(step, "a slice's step");
        if (stride == 0) {
            throw new JinjaException("a slice's step is 0");
        }
        if (object instanceof String text) {
            if (stride == 1) {
                return part(run, text, start, stop);
            }
            List<Object> characters = Strings.characters(run, text);
            StringBuilder out = new StringBuilder();
            for (Object character : slice(run, characters, start, stop, stride)) {
                out.append((String) character);
            }
            run.make(out.length());
            return out.toString();
        }
        if (object instanceof List<?> list) {
            List<Object> part = slice(run, list, start, stop, stride);
            return object instanceof Tuple ? new Tuple(part) : part;
        }
        if (object instanceof Undefined undefined) {
            throw undefined.error();
        }
        throw new JinjaException("a '" + Values.typeName(object) + "' cannot be sliced");
    }

    private static String part(Run run, String text, Object start, Object stop) {
        run.make(text.length());
        int length = Strings.length(text);
        int from = (int) bound(start, length, 0, 1);
        int to = (int) Math.max(from, bound(stop, length, length, 1));
        int begin = text.offsetByCodePoints(0, from);
        return text.substring(begin, text.offsetByCodePoints(begin, to - from));
    }

    private static List<Object> slice(Run run, List<?> list, Object start, Object stop, long step) {
        int size = list.size();
        long from = bound(start, size, step > 0 ? 0 : size - 1L, step);
        long to = bound(stop, size, step > 0 ? size : -1, step);
        List<Object> part = new java.util.ArrayList<>();
        long stride = Math.max(-size - 1L, Math.min(size + 1L, step));
        for (long i = from; step > 0 ? i < to : i > to; i += stride) {
            run.work(1);
            part.add(list.get((int) i));
        }
        return part;
    }

    private static long bound(Object value, int size, long otherwise, long step) {
        if (value == None.NONE) {
            return otherwise;
        }
        long index = Values.integer(value, "a slice's bound");
        long at = index < 0 ? Math.max(-1L - size, index) + size : index;
        return step > 0 ? Math.max(0, Math.min(size, at)) : Math.max(-1, Math.min(size - 1L, at));
    }
}
