package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The methods of Python's dict, list and tuple; those that would change their object do not exist, as in Jinja's immutable sandbox. */
final class Methods {
    static final Set<String> OF_DICTS = Set.of("items", "keys", "values", "get", "copy");
    static final Set<String> OF_LISTS = Set.of("index", "count", "copy");

    private Methods() {}

    static Object ofDict(Run run, Map<?, ?> map, String name, Arguments arguments) {
        switch (name) {
            case "items" -> {
                arguments.bind("items()");
                return items(run, map);
            }
            case "keys" -> {
                arguments.bind("keys()");
                run.work(map.size());
                return new ArrayList<>(map.keySet());
            }
            case "values" -> {
                arguments.bind("values()");
                run.work(map.size());
                return new ArrayList<>(map.values());
            }
            case "get" -> {
                Arguments.Bound bound = arguments.bind("get()", "key", "default");
                Object found = map.get(Values.key(run, bound.value(0)));
                return found != null ? found : bound.value(1, None.NONE);
            }
            default -> {
                return map;
            }
        }
    }

    /** The entries, each a tuple of key and value. */
    static List<Object> items(Run run, Map<?, ?> map) {
        run.work(map.size());
        List<Object> items = new ArrayList<>(map.size());
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            items.add(Tuple.of(entry.getKey(), entry.getValue()));
        }
        return items;
    }

    static Object ofList(Run run, List<?> list, String name, Arguments arguments) {
        if (name.equals("copy")) {
            return list;
        }
        Object wanted = arguments.bind(name + "()", "value").value(0);
        long count = 0;
        for (int i = 0; i < list.size(); i++) {
            if (Comparison.equal(run, list.get(i), wanted)) {
                if (name.equals("index")) {
                    return (long) i;
                }
                count++;
            }
        }
        if (name.equals("index")) {
            throw new JinjaException("index(): the list does not hold the value");
        }
        return count;
    }
}
