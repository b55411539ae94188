package dev.cria.text.jinja;

import java.util.List;
import java.util.Optional;

/** The statements that need little room. */
final class Statements {
    private Statements() {}

    /** Text outside of tags. */
    record Text(int line, String text) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            frame.run().print(out, text);
            return Flow.NEXT;
        }
    }

    /** {@code {{ expression }}}. */
    record Print(int line, Expression expression) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            frame.run().print(out, PythonText.str(frame.run(), frame.evaluate(expression)));
            return Flow.NEXT;
        }
    }

    /** {@code if}, {@code elif}, {@code else}: the body of the first condition that holds; {@code else} has the condition true. */
    record If(int line, List<Expression> conditions, List<Body> bodies) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            for (int i = 0; i < conditions.size(); i++) {
                if (Values.isTrue(frame.evaluate(conditions.get(i)))) {
                    return bodies.get(i).execute(frame, out);
                }
            }
            return Flow.NEXT;
        }
    }

    /** {@code set target = value}. */
    record Set(int line, Target target, Expression value) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            target.assign(frame, frame.evaluate(value));
            return Flow.NEXT;
        }
    }

    /** {@code set target} ... {@code endset}; {@code filtered} sees the body's text under the name {@link #BODY}. */
    record SetBlock(int line, Target target, Body body, Optional<Expression> filtered) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            Frame inner = frame.inner();
            Object text = body.render(inner);
            if (filtered.isPresent()) {
                inner.set(BODY, text);
                text = inner.evaluate(filtered.get());
            }
            target.assign(frame, text);
            return Flow.NEXT;
        }
    }

    /** {@code filter name} ... {@code endfilter}. */
    record FilterBlock(int line, Body body, Expression filtered) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            Frame inner = frame.inner();
            inner.set(BODY, body.render(inner));
            frame.run().print(out, PythonText.str(frame.run(), inner.evaluate(filtered)));
            return Flow.NEXT;
        }
    }

    /** The variable that holds the text of a block for its filter; no template can spell it. */
    static final String BODY = " body";

    /** {@code with a = 1} ... {@code endwith}. */
    record With(int line, List<Target> targets, List<Expression> values, Body body) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            Frame inner = frame.inner();
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(inner, frame.evaluate(values.get(i)));
            }
            return body.execute(inner, out);
        }
    }

    /** A body with variables of its own: what {@code generation} marks for the training of a model. */
    record Scoped(int line, Body body) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            return body.execute(frame.inner(), out);
        }
    }

    /** {@code break} or {@code continue}. */
    record Jump(int line, Flow flow) implements Statement {
        @Override
        public Flow execute(Frame frame, StringBuilder out) {
            return flow;
        }
    }
}
