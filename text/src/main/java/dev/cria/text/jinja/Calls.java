package dev.cria.text.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Expressions that hand arguments on: calls, filters and tests. */
final class Calls {
    private Calls() {}

    /**
     * What stands between the parentheses.
     *
     * @param list what stands behind {@code *}
     * @param map what stands behind {@code **}
     */
    record Given(
            List<Expression> positional,
            Map<String, Expression> named,
            Optional<Expression> list,
            Optional<Expression> map) {

        static final Given NOTHING = new Given(List.of(), Map.of(), Optional.empty(), Optional.empty());

        Arguments evaluate(Frame frame) {
            if (this == NOTHING) {
                return Arguments.NONE;
            }
            List<Object> values = new ArrayList<>(positional.size());
            for (Expression expression : positional) {
                values.add(frame.evaluate(expression));
            }
            if (list.isPresent()) {
                List<Object> more = Values.items(frame.run(), frame.evaluate(list.get()));
                frame.run().work(more.size());
                values.addAll(more);
            }
            Map<String, Object> byName = new LinkedHashMap<>();
            for (Map.Entry<String, Expression> entry : named.entrySet()) {
                byName.put(entry.getKey(), frame.evaluate(entry.getValue()));
            }
            if (map.isPresent()) {
                if (!(frame.evaluate(map.get()) instanceof Map<?, ?> more)) {
                    throw new JinjaException("what stands behind ** is no mapping");
                }
                frame.run().work(more.size());
                for (Map.Entry<?, ?> entry : more.entrySet()) {
                    byName.put(PythonText.str(frame.run(), entry.getKey()), entry.getValue());
                }
            }
            return new Arguments(values, byName);
        }
    }

    /** {@code callee(arguments)}. */
    record Call(Expression callee, Given given) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            return call(frame, frame.evaluate(callee), given.evaluate(frame));
        }

        static Object call(Frame frame, Object callee, Arguments arguments) {
            if (callee instanceof Callable function) {
                return function.call(frame, arguments);
            }
            if (callee instanceof Undefined undefined) {
                throw undefined.error();
            }
            throw new JinjaException("a '" + Values.typeName(callee) + "' cannot be called");
        }
    }

    /** {@code value | name(arguments)}. */
    record Filter(Expression value, String name, Given given) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            Object filtered = frame.evaluate(value);
            return Filters.apply(frame, name, filtered, given.evaluate(frame));
        }
    }

    /** {@code value is name(arguments)}. */
    record Test(Expression value, String name, Given given) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            Object tested = frame.evaluate(value);
            return Tests.holds(frame, name, tested, given.evaluate(frame));
        }
    }
}
