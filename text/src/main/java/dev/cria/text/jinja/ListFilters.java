package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Filters that order, pick and regroup elements. */
final class ListFilters {
    private ListFilters() {}

    /** The filter's result, or null where it is not one of these. */
    static @Nullable Object apply(Run run, String name, Object value, Arguments arguments) {
        return switch (name) {
            case "list" -> copy(run, value);
            case "items" ->
                value instanceof Undefined
                        ? new Generator(List.of())
                        : new Generator(Methods.items(run, map(name, value)));
            case "first" -> first(run, value);
            case "last" -> last(run, value);
            case "reverse" -> reverse(run, value);
            case "sort" -> {
                Arguments.Bound bound = arguments.bind("sort", "reverse", "case_sensitive", "attribute");
                List<Object> sorted = copy(run, value);
                sort(run, sorted, keys(run, bound.value(2, None.NONE), bound.flag(1, false)), bound.flag(0, false));
                yield sorted;
            }
            case "unique" -> unique(run, value, arguments.bind("unique", "case_sensitive", "attribute"));
            case "min", "max" -> extreme(run, name, value, arguments.bind(name, "case_sensitive", "attribute"));
            case "sum" -> sum(run, value, arguments.bind("sum", "attribute", "start"));
            case "dictsort" ->
                dictSort(run, map(name, value), arguments.bind("dictsort", "case_sensitive", "by", "reverse"));
            case "groupby" -> groups(run, value, arguments.bind("groupby", "attribute", "default", "case_sensitive"));
            case "batch" -> batches(run, value, arguments.bind("batch", "linecount", "fill_with"));
            case "attr" -> {
                Object attribute = arguments.bind("attr", "name").value(0);
                yield Attributes.attribute(value, PythonText.str(run, attribute));
            }
            default -> null;
        };
    }

    private static List<Object> copy(Run run, Object value) {
        List<Object> items = Values.items(run, value);
        run.work(items.size());
        return new ArrayList<>(items);
    }

    private static Map<?, ?> map(String filter, Object value) {
        if (value instanceof Map<?, ?> map) {
            return map;
        }
        throw new JinjaException(filter + " needs a mapping, not '" + Values.typeName(value) + "'");
    }

    private static Object first(Run run, Object value) {
        return value instanceof Generator generator ? generator.next() : new Generator(Values.items(run, value)).next();
    }

    private static Object last(Run run, Object value) {
        if (value instanceof Generator) {
            throw new JinjaException("last needs a sequence, not a 'generator'");
        }
        List<Object> items = Values.items(run, value);
        return items.isEmpty() ? new Undefined("No last item, sequence was empty.") : items.get(items.size() - 1);
    }

    private static Object reverse(Run run, Object value) {
        List<Object> items = copy(run, value);
        Collections.reverse(items);
        if (!(value instanceof String)) {
            return new Generator(items);
        }
        StringBuilder out = new StringBuilder();
        items.forEach(out::append);
        run.make(out.length());
        return out.toString();
    }

    /** What elements are compared by. */
    private interface Key {
        Object of(Object element);
    }

    private static Key key(Run run, Object path, boolean caseSensitive, @Nullable Object otherwise) {
        return element -> {
            Object key = path == None.NONE ? element : Filters.attribute(run, element, path, otherwise);
            if (!caseSensitive && key instanceof String text) {
                run.make(text.length());
                return text.toLowerCase(Locale.ROOT);
            }
            return key;
        };
    }

    /** The same for attributes with commas between them: they are compared in their order. */
    private static Key keys(Run run, Object paths, boolean caseSensitive) {
        if (!(paths instanceof String names)) {
            return key(run, paths, caseSensitive, null);
        }
        List<Key> keys = new ArrayList<>();
        for (int from = 0; from <= names.length(); ) {
            int comma = names.indexOf(',', from);
            int to = comma < 0 ? names.length() : comma;
            run.work(1);
            keys.add(key(run, names.substring(from, to), caseSensitive, null));
            from = to + 1;
        }
        return element -> {
            List<Object> values = new ArrayList<>(keys.size());
            for (Key key : keys) {
                run.work(1);
                values.add(key.of(element));
            }
            return values;
        };
    }

    private static void sort(Run run, List<Object> items, Key key, boolean reverse) {
        List<Object[]> keyed = new ArrayList<>(items.size());
        for (Object item : items) {
            keyed.add(new Object[] {key.of(item), item});
        }
        Comparator<Object[]> order = (a, b) -> Comparison.compare(run, a[0], b[0], "<");
        try {
            keyed.sort(reverse ? order.reversed() : order);
        } catch (IllegalArgumentException e) { // numbers that are not numbers have no order
            throw new JinjaException("the elements have no order");
        }
        for (int i = 0; i < keyed.size(); i++) {
            items.set(i, keyed.get(i)[1]);
        }
    }

    private static Generator unique(Run run, Object value, Arguments.Bound bound) {
        Key key = key(run, bound.value(1, None.NONE), bound.flag(0, false), null);
        Set<Object> seen = new HashSet<>();
        List<Object> kept = new ArrayList<>();
        for (Object item : Values.items(run, value)) {
            run.work(1);
            if (seen.add(Values.key(run, key.of(item)))) {
                kept.add(item);
            }
        }
        return new Generator(kept);
    }

    private static Object extreme(Run run, String name, Object value, Arguments.Bound bound) {
        Key key = key(run, bound.value(1, None.NONE), bound.flag(0, false), null);
        Object best = null;
        Object bestKey = None.NONE;
        for (Object item : Values.items(run, value)) {
            Object itemKey = key.of(item);
            int order = best == null ? 0 : Comparison.compare(run, itemKey, bestKey, "<");
            if (best == null || (name.equals("min") ? order < 0 : order > 0)) {
                best = item;
                bestKey = itemKey;
            }
        }
        return best == null ? new Undefined("No aggregated item, sequence was empty.") : best;
    }

    private static Object sum(Run run, Object value, Arguments.Bound bound) {
        Object sum = bound.value(1, 0L);
        for (Object item : Values.items(run, value)) {
            Object term = bound.has(0) ? Filters.attribute(run, item, bound.value(0), null) : item;
            sum = Arithmetic.apply(run, "+", sum, term);
        }
        return sum;
    }

    private static List<Object> dictSort(Run run, Map<?, ?> map, Arguments.Bound bound) {
        String by = bound.text(1, "key");
        if (!by.equals("key") && !by.equals("value")) {
            throw new JinjaException("dictsort sorts by \"key\" or \"value\"");
        }
        List<Object> items = Methods.items(run, map);
        Key side = key(run, by.equals("key") ? (Object) 0L : 1L, bound.flag(0, false), null);
        sort(run, items, side, bound.flag(2, false));
        return items;
    }

    private static List<Object> groups(Run run, Object value, Arguments.Bound bound) {
        Object otherwise = bound.has(1) ? bound.value(1) : null;
        Key key = key(run, bound.value(0), bound.flag(2, false), otherwise);
        List<Object> items = copy(run, value);
        sort(run, items, key, false);
        List<Object> groups = new ArrayList<>();
        for (int from = 0; from < items.size(); ) {
            Object common = key.of(items.get(from));
            int to = from + 1;
            while (to < items.size() && Comparison.equal(run, key.of(items.get(to)), common)) {
                to++;
            }
            Object shown = Filters.attribute(run, items.get(from), bound.value(0), otherwise);
            groups.add(new Group(shown, new ArrayList<>(items.subList(from, to))));
            from = to;
        }
        return groups;
    }

    private static Generator batches(Run run, Object value, Arguments.Bound bound) {
        long size = bound.integer(0);
        List<Object> batches = new ArrayList<>();
        List<Object> batch = new ArrayList<>();
        for (Object item : Values.items(run, value)) {
            run.work(1);
            if (batch.size() == size) {
                batches.add(batch);
                batch = new ArrayList<>();
            }
            batch.add(item);
        }
        if (!batch.isEmpty()) {
            while (bound.has(1) && batch.size() < size) {
                run.work(1);
                batch.add(bound.value(1));
            }
            batches.add(batch);
        }
        return new Generator(batches);
    }
}
