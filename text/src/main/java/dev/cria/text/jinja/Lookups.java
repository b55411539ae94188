package dev.cria.text.jinja;

/** Expressions that look something up. */
final class Lookups {
    private Lookups() {}

    /** A variable. */
    record Name(String name) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            return frame.get(name);
        }
    }

    /** {@code object.name}. */
    record Attribute(Expression object, String name) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            return Attributes.attribute(frame.evaluate(object), name);
        }
    }

    /** {@code object[key]}. */
    record Item(Expression object, Expression key) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            Object value = frame.evaluate(object);
            return Attributes.item(frame.run(), value, frame.evaluate(key));
        }
    }

    /** {@code object[start:stop:step]}; what is left out is None. */
    record Slice(Expression object, Expression start, Expression stop, Expression step) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            Object value = frame.evaluate(object);
            return Attributes.slice(
                    frame.run(), value, frame.evaluate(start), frame.evaluate(stop), frame.evaluate(step));
        }
    }
}
