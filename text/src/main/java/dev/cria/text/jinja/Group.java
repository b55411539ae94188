package dev.cria.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What {@code groupby} gives: the common value, and the items that have it. */
final class Group extends Tuple implements HasAttributes {
    Group(Object grouper, List<Object> items) {
        super(List.of(grouper, items));
    }

    @Override
    public @Nullable Object attribute(String name) {
        return name.equals("grouper") ? get(0) : name.equals("list") ? get(1) : null;
    }

    @Override
    public String typeName() {
        return "tuple";
    }
}
