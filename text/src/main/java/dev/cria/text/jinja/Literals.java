package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values that stand in the template. */
final class Literals {
    private Literals() {}

    /** A string, number, boolean or None. */
    record Constant(Object value) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            return value;
        }
    }

    /** {@code [a, b]}, or {@code (a, b)}. */
    record Elements(List<Expression> elements, boolean tuple) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            List<Object> values = new ArrayList<>(elements.size());
            for (Expression element : elements) {
                values.add(frame.evaluate(element));
            }
            return tuple ? new Tuple(values) : values;
        }
    }

    /** {@code {key: value}}. */
    record Entries(List<Expression> keys, List<Expression> values) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            Map<Object, Object> map = new LinkedHashMap<>();
            for (int i = 0; i < keys.size(); i++) {
                map.put(Values.key(frame.run(), frame.evaluate(keys.get(i))), frame.evaluate(values.get(i)));
            }
            return map;
        }
    }
}
