package dev.cria.text;

import com.hubspot.jinjava.el.JinjavaInterpreterResolver;
import com.hubspot.jinjava.lib.exptest.ExpTest;
import com.hubspot.jinjava.lib.filter.Filter;
import com.hubspot.jinjava.util.ForLoop;
import java.beans.FeatureDescriptor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import jinjava.javax.el.ELContext;
import jinjava.javax.el.ELException;
import jinjava.javax.el.ELResolver;
import org.jspecify.annotations.Nullable;

/**
 * What {@code a.b}, {@code a[b]} and {@code a.b(c)} mean in a template: entries of maps, elements of lists, characters of strings, the state of a
 * loop, and some twenty methods of Python. Everything else, and with it every Java object's methods and fields, does not exist.
 */
final class SandboxResolver extends ELResolver {
    private static final ELResolver ENGINE = JinjavaInterpreterResolver.DEFAULT_RESOLVER_READ_ONLY;

    private final int maxLength;
    private final int maxItems;

    SandboxResolver(int maxLength, int maxItems) {
        this.maxLength = maxLength;
        this.maxItems = maxItems;
    }

    @Override
    public @Nullable Object getValue(ELContext context, @Nullable Object base, @Nullable Object property) {
        if (base == null || property == null) {
            return null;
        }
        context.setPropertyResolved(true);
        String name = property.toString();
        if (name.startsWith("__")) {
            throw new ELException("the template asks for " + name + ", which is not allowed");
        }
        return switch (base) {
            case Map<?, ?> map -> map.get(property);
            case List<?> list -> element(list.size(), property, list::get);
            case Object[] array -> element(array.length, property, i -> array[i]);
            case CharSequence text -> element(text.length(), property, i -> String.valueOf(text.charAt(i)));
            case Map.Entry<?, ?> entry ->
                name.equals("0") ? entry.getKey() : name.equals("1") ? entry.getValue() : null;
            case ForLoop loop -> loop(loop, name);
            default -> null;
        };
    }

    private interface Elements {
        @Nullable
        Object at(int index);
    }

    private static @Nullable Object element(int size, Object property, Elements elements) {
        long index;
        try { // the engine turns numbers into texts on the way here
            index = Long.parseLong(property.toString());
        } catch (NumberFormatException e) {
            return null;
        }
        index = index < 0 ? index + size : index;
        return index < 0 || index >= size ? null : elements.at((int) index);
    }

    private static @Nullable Object loop(ForLoop loop, String name) {
        return switch (name) {
            case "index" -> loop.getIndex();
            case "index0" -> loop.getIndex0();
            case "revindex" -> loop.getRevindex();
            case "revindex0" -> loop.getRevindex0();
            case "first" -> loop.isFirst();
            case "last" -> loop.isLast();
            case "length" -> loop.getLength();
            default -> null;
        };
    }

    @Override
    public @Nullable Object invoke(
            ELContext context,
            @Nullable Object base,
            @Nullable Object method,
            Class<?> @Nullable [] types,
            Object @Nullable [] parameters) {
        if (base == null || method == null) {
            return null;
        }
        context.setPropertyResolved(true);
        Object[] given = parameters == null ? new Object[0] : parameters;
        return switch (base) {
            case CharSequence text -> ofString(text.toString(), method.toString(), given);
            case Map<?, ?> map -> ofMap(map, method.toString(), given);
            case List<?> list -> ofList(list, method.toString(), given);
            // How the engine calls its own filters and tests, which a template has no other way to get hold of.
            case Filter filter -> ENGINE.invoke(context, filter, method, types, parameters);
            case ExpTest test -> ENGINE.invoke(context, test, method, types, parameters);
            default -> throw unknown(method);
        };
    }

    private Object ofString(String text, String method, Object[] given) {
        return switch (method) {
            case "strip" -> strip(text, true, true, given);
            case "lstrip" -> strip(text, true, false, given);
            case "rstrip" -> strip(text, false, true, given);
            case "upper" -> text.toUpperCase(java.util.Locale.ROOT);
            case "lower" -> text.toLowerCase(java.util.Locale.ROOT);
            case "capitalize" ->
                text.isEmpty()
                        ? text
                        : text.substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                                + text.substring(1).toLowerCase(java.util.Locale.ROOT);
            case "startswith" -> text.startsWith(string(given, 0));
            case "endswith" -> text.endsWith(string(given, 0));
            case "find" -> (long) text.indexOf(string(given, 0));
            case "replace" -> BoundedReplaceFilter.replace(text, string(given, 0), string(given, 1), maxLength);
            case "split" -> split(text, given);
            default -> throw unknown(method);
        };
    }

    /** Python's strip: white space, or the characters of the argument. */
    private static String strip(String text, boolean left, boolean right, Object[] given) {
        String set = given.length == 0 ? "" : string(given, 0);
        int from = 0;
        int to = text.length();
        while (left && from < to && strips(set, text.charAt(from))) {
            from++;
        }
        while (right && to > from && strips(set, text.charAt(to - 1))) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean strips(String set, char c) {
        return set.isEmpty() ? Character.isWhitespace(c) || Character.isSpaceChar(c) : set.indexOf(c) >= 0;
    }

    private List<String> split(String text, Object[] given) {
        List<String> parts = new ArrayList<>();
        String separator = given.length == 0 ? "" : string(given, 0);
        if (separator.isEmpty()) {
            for (String part : text.strip().split("\\s+", maxItems)) {
                if (!part.isEmpty()) {
                    parts.add(part);
                }
            }
            return parts;
        }
        long most = given.length > 1 && given[1] instanceof Number n && n.longValue() >= 0 ? n.longValue() : maxItems;
        int from = 0;
        for (int at = text.indexOf(separator); at >= 0 && parts.size() < most; at = text.indexOf(separator, from)) {
            parts.add(text.substring(from, at));
            from = at + separator.length();
        }
        parts.add(text.substring(from));
        return parts;
    }

    private static @Nullable Object ofMap(Map<?, ?> map, String method, Object[] given) {
        return switch (method) {
            case "get" -> {
                Object value = given.length == 0 ? null : map.get(given[0]);
                yield value == null && given.length > 1 ? given[1] : value;
            }
            case "keys" -> new ArrayList<>(map.keySet());
            case "values" -> new ArrayList<>(map.values());
            case "items" -> {
                List<List<Object>> items = new ArrayList<>();
                map.forEach((key, value) -> {
                    List<Object> pair = new ArrayList<>();
                    pair.add(key);
                    pair.add(value);
                    items.add(pair);
                });
                yield items;
            }
            default -> throw unknown(method);
        };
    }

    /** Lists cannot be appended to lists: they could hold themselves. */
    @SuppressWarnings("unchecked")
    private @Nullable Object ofList(List<?> list, String method, Object[] given) {
        if (method.equals("append") && given.length == 1 && list.size() < maxItems && !(given[0] instanceof List)) {
            ((List<Object>) list).add(given[0]);
            return "";
        }
        throw unknown(method);
    }

    private static String string(Object[] given, int index) {
        if (index >= given.length || given[index] == null) {
            throw new ELException("a method was called with too few arguments");
        }
        return given[index].toString();
    }

    private static ELException unknown(Object method) {
        return new ELException("the template calls " + method + ", which does not exist here");
    }

    @Override
    public Class<?> getType(ELContext context, @Nullable Object base, @Nullable Object property) {
        return Object.class;
    }

    @Override
    public void setValue(ELContext context, @Nullable Object base, @Nullable Object property, @Nullable Object value) {
        throw new ELException("the template sets " + property + ", which is not allowed");
    }

    @Override
    public boolean isReadOnly(ELContext context, @Nullable Object base, @Nullable Object property) {
        return true;
    }

    @Override
    public Iterator<FeatureDescriptor> getFeatureDescriptors(ELContext context, @Nullable Object base) {
        return Collections.emptyIterator();
    }

    @Override
    public Class<?> getCommonPropertyType(ELContext context, @Nullable Object base) {
        return Object.class;
    }
}
