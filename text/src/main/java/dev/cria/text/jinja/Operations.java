package dev.cria.text.jinja;

import java.util.List;
import java.util.Optional;

/** Expressions with operators. */
final class Operations {
    private Operations() {}

    /** {@code left + right} and the like. */
    record Binary(String operator, Expression left, Expression right) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            Object a = frame.evaluate(left);
            return Arithmetic.apply(frame.run(), operator, a, frame.evaluate(right));
        }
    }

    /** {@code -operand} or {@code +operand}. */
    record Sign(Expression operand, boolean negative) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            return Arithmetic.sign(frame.evaluate(operand), negative);
        }
    }

    /** {@code a ~ b ~ c}. */
    record Concat(List<Expression> parts) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            StringBuilder out = new StringBuilder();
            for (Expression part : parts) {
                String text = PythonText.str(frame.run(), frame.evaluate(part));
                frame.run().make(text.length());
                out.append(text);
            }
            frame.run().make(out.length());
            return out.toString();
        }
    }

    /** {@code a and b and c}, or with {@code or}: the value that decides. */
    record Logic(List<Expression> operands, boolean and) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            Object value = frame.evaluate(operands.get(0));
            for (int i = 1; i < operands.size() && Values.isTrue(value) == and; i++) {
                value = frame.evaluate(operands.get(i));
            }
            return value;
        }
    }

    /** {@code not operand}. */
    record Not(Expression operand) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            return !Values.isTrue(frame.evaluate(operand));
        }
    }

    /** {@code a < b <= c}, with {@code in} and {@code not in} too: each operator stands between two neighbours. */
    record Compare(List<Expression> operands, List<String> operators) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            Object left = frame.evaluate(operands.get(0));
            for (int i = 0; i < operators.size(); i++) {
                Object right = frame.evaluate(operands.get(i + 1));
                if (!holds(frame.run(), operators.get(i), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        }

        private static boolean holds(Run run, String operator, Object left, Object right) {
            switch (operator) {
                case "==" -> {
                    return Comparison.equal(run, left, right);
                }
                case "!=" -> {
                    return !Comparison.equal(run, left, right);
                }
                case "in" -> {
                    return Comparison.contains(run, right, left);
                }
                case "not in" -> {
                    return !Comparison.contains(run, right, left);
                }
                default -> {
                    int order = Comparison.compare(run, left, right, operator);
                    boolean ordered = !Comparison.isNaN(left) && !Comparison.isNaN(right);
                    return ordered
                            && switch (operator) {
                                case "<" -> order < 0;
                                case "<=" -> order <= 0;
                                case ">" -> order > 0;
                                default -> order >= 0;
                            };
                }
            }
        }
    }

    /** {@code value if condition else otherwise}; without {@code else} it may be undefined. */
    record Conditional(Expression condition, Expression value, Optional<Expression> otherwise) implements Expression {
        @Override
        public Object evaluate(Frame frame) {
            if (Values.isTrue(frame.evaluate(condition))) {
                return frame.evaluate(value);
            }
            return otherwise.isPresent()
                    ? frame.evaluate(otherwise.get())
                    : new Undefined("the inline if-expression evaluated to false and no else section was defined");
        }
    }
}
