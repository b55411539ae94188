package dev.cria.text.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The functions that every template has: Jinja's, and those that transformers adds. */
enum Global implements Callable {
    RANGE,
    DICT,
    NAMESPACE,
    CYCLER,
    JOINER,
    RAISE_EXCEPTION,
    STRFTIME_NOW;

    /** The function of that name, or null. */
    static @Nullable Global find(String name) {
        return switch (name) {
            case "range" -> RANGE;
            case "dict" -> DICT;
            case "namespace" -> NAMESPACE;
            case "cycler" -> CYCLER;
            case "joiner" -> JOINER;
            case "raise_exception" -> RAISE_EXCEPTION;
            case "strftime_now" -> STRFTIME_NOW;
            default -> null;
        };
    }

    @Override
    public Object call(Frame frame, Arguments arguments) {
        Run run = frame.run();
        return switch (this) {
            case RANGE -> range(arguments);
            case DICT -> dict(run, arguments);
            case NAMESPACE -> {
                Namespace namespace = new Namespace();
                for (Map.Entry<Object, Object> entry : dict(run, arguments).entrySet()) {
                    namespace.set(PythonText.str(run, entry.getKey()), entry.getValue());
                }
                yield namespace;
            }
            case CYCLER -> new Cycler(arguments.positional());
            case JOINER ->
                new Joiner(PythonText.str(run, arguments.bind("joiner()", "sep").value(0, ", ")));
            case RAISE_EXCEPTION -> {
                Object message = arguments.bind("raise_exception()", "message").value(0);
                String said = PythonText.str(run, message);
                throw new JinjaException(said.length() > 2000 ? said.substring(0, 2000) + "..." : said);
            }
            case STRFTIME_NOW ->
                TimeFormat.format(
                        run.now(), arguments.bind("strftime_now()", "format").text(0));
        };
    }

    private static Range range(Arguments arguments) {
        Arguments.Bound bound = arguments.bind("range()", "start", "stop", "step");
        return bound.has(1)
                ? new Range(bound.integer(0), bound.integer(1), bound.integer(2, 1))
                : new Range(0, bound.integer(0), 1);
    }

    private static Map<Object, Object> dict(Run run, Arguments arguments) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (!arguments.positional().isEmpty()) {
            Object from = arguments.positional().get(0);
            List<Object> pairs = from instanceof Map<?, ?> other ? Methods.items(run, other) : Values.items(run, from);
            for (Object pair : pairs) {
                List<Object> two = Values.items(run, pair);
                if (two.size() != 2) {
                    throw new JinjaException("dict() needs pairs");
                }
                run.work(1);
                map.put(Values.key(run, two.get(0)), two.get(1));
            }
        }
        map.putAll(arguments.named());
        return map;
    }

    /** Gives a separator each time but the first. */
    private static final class Joiner implements Callable {
        private final String separator;
        private boolean used;

        Joiner(String separator) {
            this.separator = separator;
        }

        @Override
        public Object call(Frame frame, Arguments arguments) {
            String text = used ? separator : "";
            used = true;
            return text;
        }
    }

    /** Gives its values in turn. */
    private static final class Cycler implements HasAttributes {
        private final List<Object> values;
        private int at;

        Cycler(List<Object> values) {
            if (values.isEmpty()) {
                throw new JinjaException("cycler() needs values");
            }
            this.values = values;
        }

        @Override
        public @Nullable Object attribute(String name) {
            return switch (name) {
                case "current" -> values.get(at);
                case "next" ->
                    (Callable) (frame, arguments) -> {
                        Object value = values.get(at);
                        at = (at + 1) % values.size();
                        return value;
                    };
                case "reset" ->
                    (Callable) (frame, arguments) -> {
                        at = 0;
                        return None.NONE;
                    };
                default -> null;
            };
        }

        @Override
        public String typeName() {
            return "Cycler";
        }
    }
}
