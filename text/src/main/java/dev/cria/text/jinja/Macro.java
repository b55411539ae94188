package dev.cria.text.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A macro, or the body of a {@code call} block, with the variables of the place where it stands.
 *
 * @param definition what the template says
 * @param around the variables it sees
 */
record Macro(Definition definition, Frame around) implements Callable {
    /**
     * A macro in the template.
     *
     * @param defaults one for each parameter, or empty where the caller should give it
     * @param usesVarargs whether it takes more values than it has parameters
     * @param usesKwargs whether it takes values of other names
     * @param usesCaller whether it asks for the body of a {@code call} block
     */
    record Definition(
            String name,
            List<String> parameters,
            List<Optional<Expression>> defaults,
            Body body,
            boolean usesVarargs,
            boolean usesKwargs,
            boolean usesCaller) {}

    @Override
    public Object call(Frame frame, Arguments arguments) {
        Frame inner = around.inner();
        List<Object> positional = arguments.positional();
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        List<String> parameters = definition.parameters();
        for (int i = 0; i < parameters.size(); i++) {
            inner.set(parameters.get(i), value(inner, i, positional, named));
        }
        if (definition.usesCaller() && !parameters.contains("caller")) {
            Object caller = named.remove("caller");
            inner.set("caller", caller != null ? caller : new Undefined("there is no caller"));
        }
        if (definition.usesVarargs()) {
            int taken = Math.min(parameters.size(), positional.size());
            inner.set("varargs", new Tuple(positional.subList(taken, positional.size())));
        } else if (positional.size() > parameters.size()) {
            throw new JinjaException("the macro '" + definition.name() + "' takes at most " + parameters.size()
                    + " arguments, but is given " + positional.size());
        }
        if (definition.usesKwargs()) {
            Map<Object, Object> rest = new LinkedHashMap<>(named);
            inner.set("kwargs", rest);
        } else if (!named.isEmpty()) {
            throw new JinjaException("the macro '" + definition.name() + "' takes no argument '"
                    + named.keySet().iterator().next() + "'");
        }
        return definition.body().render(inner);
    }

    private Object value(Frame inner, int index, List<Object> positional, Map<String, Object> named) {
        String parameter = definition.parameters().get(index);
        if (index < positional.size()) {
            return positional.get(index);
        }
        Object value = named.remove(parameter);
        if (value != null) {
            return value;
        }
        Optional<Expression> otherwise = definition.defaults().get(index);
        return otherwise.isPresent()
                ? inner.evaluate(otherwise.get())
                : new Undefined("parameter '" + parameter + "' was not provided");
    }

    /** {@code macro name(parameters)} ... {@code endmacro}. */
    record Define(int line, Definition definition) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            frame.set(definition.name(), new Macro(definition, frame));
            return Flow.NEXT;
        }
    }

    /** {@code call(parameters) function(arguments)} ... {@code endcall}. */
    record CallBlock(int line, Calls.Call call, Definition body) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            Object callee = frame.evaluate(call.callee());
            Arguments given = call.given().evaluate(frame);
            Map<String, Object> named = new LinkedHashMap<>(given.named());
            named.put("caller", new Macro(body, frame));
            Object result = Calls.Call.call(frame, callee, new Arguments(given.positional(), named));
            frame.run().print(out, PythonText.str(frame.run(), result));
            return Flow.NEXT;
        }
    }
}
