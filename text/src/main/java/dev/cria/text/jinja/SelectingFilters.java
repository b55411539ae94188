package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Filters that ask or change each element: map, select, reject, selectattr, rejectattr. */
final class SelectingFilters {
    private SelectingFilters() {}

    /** The filter's result, or null where it is not one of these. */
    static @Nullable Object apply(Frame frame, String name, Object value, Arguments arguments) {
        return switch (name) {
            case "map" -> map(frame, value, arguments);
            case "select" -> select(frame, name, value, arguments, false, true);
            case "reject" -> select(frame, name, value, arguments, false, false);
            case "selectattr" -> select(frame, name, value, arguments, true, true);
            case "rejectattr" -> select(frame, name, value, arguments, true, false);
            default -> null;
        };
    }

    private static Generator map(Frame frame, Object value, Arguments arguments) {
        List<Object> mapped = new ArrayList<>();
        List<Object> given = arguments.positional();
        boolean byAttribute = given.isEmpty() && arguments.named().containsKey("attribute");
        if (!byAttribute && given.isEmpty()) {
            throw new JinjaException("map needs a filter or an attribute");
        }
        Object attribute = arguments.named().getOrDefault("attribute", None.NONE);
        Object otherwise = arguments.named().get("default");
        Arguments rest = byAttribute ? Arguments.NONE : behind(arguments, 1);
        for (Object item : items(frame, value)) {
            frame.run().work(1);
            mapped.add(
                    byAttribute
                            ? Filters.attribute(frame.run(), item, attribute, otherwise)
                            : Filters.apply(frame, name(given.get(0)), item, rest));
        }
        return new Generator(mapped);
    }

    private static Generator select(
            Frame frame, String filter, Object value, Arguments arguments, boolean byAttribute, boolean wanted) {
        int testAt = byAttribute ? 1 : 0;
        List<Object> given = arguments.positional();
        if (byAttribute && given.isEmpty()) {
            throw new JinjaException(filter + " needs the name of an attribute");
        }
        Arguments rest = given.size() > testAt ? behind(arguments, testAt + 1) : Arguments.NONE;
        List<Object> kept = new ArrayList<>();
        for (Object item : items(frame, value)) {
            frame.run().work(1);
            Object asked = byAttribute ? Filters.attribute(frame.run(), item, given.get(0), null) : item;
            boolean holds = given.size() > testAt
                    ? Tests.holds(frame, name(given.get(testAt)), asked, rest)
                    : Values.isTrue(asked);
            if (holds == wanted) {
                kept.add(item);
            }
        }
        return new Generator(kept);
    }

    /** Whatever is false has no elements here, even what could not be gone through. */
    private static List<Object> items(Frame frame, Object value) {
        return Values.isTrue(value) ? Values.items(frame.run(), value) : List.of();
    }

    private static String name(Object value) {
        if (value instanceof String name) {
            return name;
        }
        throw new JinjaException("a filter or test is named by a string, not by '" + Values.typeName(value) + "'");
    }

    private static Arguments behind(Arguments arguments, int taken) {
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        return new Arguments(
                arguments.positional().subList(taken, arguments.positional().size()), named);
    }
}
