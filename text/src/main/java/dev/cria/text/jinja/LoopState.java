package dev.cria.text.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The variable {@code loop}. */
final class LoopState implements HasAttributes {
    private final List<Object> elements;
    private int index = -1;
    private @Nullable Object lastAsked;

    LoopState(List<Object> elements) {
        this.elements = elements;
    }

    /** Goes to the next element; false where there is none. */
    boolean next() {
        return ++index < elements.size();
    }

    Object element() {
        return elements.get(index);
    }

    @Override
    public @Nullable Object attribute(String name) {
        int size = elements.size();
        return switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) size - index;
            case "revindex0" -> size - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == size - 1;
            case "length" -> (long) size;
            case "depth" -> 1L;
            case "depth0" -> 0L;
            case "previtem" -> index > 0 ? elements.get(index - 1) : new Undefined("there is no previous item");
            case "nextitem" -> index + 1 < size ? elements.get(index + 1) : new Undefined("there is no next item");
            case "cycle" -> (Callable) this::cycle;
            case "changed" -> (Callable) this::changed;
            default -> null;
        };
    }

    private Object cycle(Frame frame, Arguments arguments) {
        List<Object> values = arguments.positional();
        if (values.isEmpty()) {
            throw new JinjaException("loop.cycle() has nothing to cycle");
        }
        return values.get(index % values.size());
    }

    private Object changed(Frame frame, Arguments arguments) {
        Object asked = new Tuple(arguments.positional());
        boolean changed = lastAsked == null || !Comparison.equal(frame.run(), asked, lastAsked);
        lastAsked = asked;
        return changed;
    }

    @Override
    public String typeName() {
        return "LoopContext";
    }
}
