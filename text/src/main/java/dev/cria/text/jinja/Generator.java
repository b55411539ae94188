package dev.cria.text.jinja;

import java.util.List;

/** What filters such as {@code map} give in Python: it can be gone through once, and is true even where nothing is in it. */
final class Generator {
    private List<Object> items;

    Generator(List<Object> items) {
        this.items = items;
    }

    /** What is left, which is then used up. */
    List<Object> rest() {
        List<Object> rest = items;
        items = List.of();
        return rest;
    }

    /** The first of what is left. */
    Object next() {
        if (items.isEmpty()) {
            return new Undefined("No first item, sequence was empty.");
        }
        Object first = items.get(0);
        items = items.subList(1, items.size());
        return first;
    }
}
