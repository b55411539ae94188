package dev.cria.text.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What can stand behind {@code is}. */
final class Tests {
    private Tests() {}

    static boolean holds(Frame frame, String name, Object value, Arguments arguments) {
        Run run = frame.run();
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == None.NONE;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "integer" -> value instanceof Long;
            case "float" -> value instanceof Double;
            case "number" -> Comparison.isNumber(value);
            case "string" -> value instanceof String;
            case "mapping" -> value instanceof Map;
            case "sequence" ->
                value instanceof String || value instanceof List || value instanceof Map || value instanceof Undefined;
            case "iterable" ->
                value instanceof String
                        || value instanceof List
                        || value instanceof Map
                        || value instanceof Undefined
                        || value instanceof Generator;
            case "callable" -> value instanceof Callable;
            case "odd" -> Comparison.equal(run, Arithmetic.apply(run, "%", value, 2L), 1L);
            case "even" -> Comparison.equal(run, Arithmetic.apply(run, "%", value, 2L), 0L);
            case "divisibleby" ->
                Comparison.equal(run, Arithmetic.apply(run, "%", value, argument(name, arguments)), 0L);
            case "lower" -> CharacterCase.is(PythonText.str(run, value), "islower");
            case "upper" -> CharacterCase.is(PythonText.str(run, value), "isupper");
            case "in" -> Comparison.contains(run, argument(name, arguments), value);
            case "equalto", "eq", "==" -> Comparison.equal(run, value, argument(name, arguments));
            case "ne", "!=" -> !Comparison.equal(run, value, argument(name, arguments));
            case "gt", "greaterthan", ">" -> Comparison.compare(run, value, argument(name, arguments), ">") > 0;
            case "ge", ">=" -> Comparison.compare(run, value, argument(name, arguments), ">=") >= 0;
            case "lt", "lessthan", "<" -> Comparison.compare(run, value, argument(name, arguments), "<") < 0;
            case "le", "<=" -> Comparison.compare(run, value, argument(name, arguments), "<=") <= 0;
            case "sameas" -> same(value, argument(name, arguments));
            default -> throw new JinjaException("there is no test '" + name.toLowerCase(Locale.ROOT) + "'");
        };
    }

    /** Python's {@code is}: of values that never change, the equal ones are the same here. */
    private static boolean same(Object a, Object b) {
        return a == b || (a.getClass() == b.getClass() && !(a instanceof List) && !(a instanceof Map) && a.equals(b));
    }

    private static Object argument(String name, Arguments arguments) {
        return arguments.bind("the test '" + name + "'", "value").value(0);
    }
}
