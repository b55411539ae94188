package dev.cria.text.jinja;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables that a part of a template sees: its own, and those around it. What is set here is not seen outside. */
final class Frame {
    private final Run run;
    private final @Nullable Frame outer;
    private final Map<String, Object> variables;

    private Frame(Run run, @Nullable Frame outer, Map<String, Object> variables) {
        this.run = run;
        this.outer = outer;
        this.variables = variables;
    }

    static Frame of(Run run, Map<String, Object> variables) {
        return new Frame(run, null, variables);
    }

    Frame inner() {
        return new Frame(run, this, new HashMap<>(8));
    }

    Run run() {
        return run;
    }

    Object evaluate(Expression expression) {
        return run.evaluate(expression, this);
    }

    /** The variable, or the global function of that name, or {@link Undefined}. */
    Object get(String name) {
        for (Frame frame = this; frame != null; frame = frame.outer) {
            Object value = frame.variables.get(name);
            if (value != null) {
                return value;
            }
        }
        Object global = Global.find(name);
        return global != null ? global : new Undefined("'" + name + "' is undefined");
    }

    void set(String name, Object value) {
        variables.put(name, value);
    }
}
