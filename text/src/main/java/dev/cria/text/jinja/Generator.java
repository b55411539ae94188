package dev.cria.text.jinja;

import java.util.List;

/** What filters such as {@code map} give in Python: it can be gone through once, and is true even where nothing is in it. */
final class Generator {
    private final List<Object> items;
    private int at;

    Generator(List<Object> items) {
        this.items = items;
    }

    /** What is left, which is then used up. */
    List<Object> rest() {
        List<Object> rest = items.subList(at, items.size());
        at = items.size();
        return rest;
    }

    /** The first of what is left. */
    Object next() {
        return at < items.size() ? items.get(at++) : new Undefined("No first item, sequence was empty.");
    }
}
