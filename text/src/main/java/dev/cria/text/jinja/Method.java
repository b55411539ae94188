package dev.cria.text.jinja;

import java.util.List;
import java.util.Map;

/** A method together with what it is a method of. */
record Method(Object object, String name) implements Callable {
    @Override
    public Object call(Frame frame, Arguments arguments) {
        Run run = frame.run();
        if (object instanceof String text) {
            return StringMethods.call(run, text, name, arguments);
        }
        if (object instanceof Map<?, ?> map) {
            return Methods.ofDict(run, map, name, arguments);
        }
        if (object instanceof List<?> list) {
            return Methods.ofList(run, list, name, arguments);
        }
        throw new IllegalStateException("no methods of " + object.getClass());
    }
}
