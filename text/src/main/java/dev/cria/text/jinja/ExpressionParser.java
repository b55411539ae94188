package dev.cria.text.jinja;

import dev.cria.text.jinja.Operations.Binary;
import dev.cria.text.jinja.Operations.Compare;
import dev.cria.text.jinja.Operations.Concat;
import dev.cria.text.jinja.Operations.Conditional;
import dev.cria.text.jinja.Operations.Logic;
import dev.cria.text.jinja.Operations.Not;
import dev.cria.text.jinja.Operations.Sign;
import dev.cria.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Parses expressions; one method a level of precedence, the weakest first. */
final class ExpressionParser {
    private final Tokens tokens;
    private final PrimaryParser primary;

    ExpressionParser(Tokens tokens) {
        this.tokens = tokens;
        primary = new PrimaryParser(tokens, this);
    }

    PrimaryParser primary() {
        return primary;
    }

    Expression expression() {
        return expression(true);
    }

    /** @param conditional whether {@code a if b else c} is allowed: not behind {@code in} of a loop, where {@code if} means another thing */
    Expression expression(boolean conditional) {
        tokens.enter();
        Expression value = conditional ? conditional() : or();
        tokens.leave();
        return value;
    }

    /** An expression, or several with commas, which are a tuple. */
    Expression tuple(boolean conditional) {
        Expression first = expression(conditional);
        if (!tokens.isOperator(",")) {
            return first;
        }
        List<Expression> elements = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(",")) {
            if (isTupleEnd()) {
                break;
            }
            elements.add(expression(conditional));
        }
        return new Literals.Elements(elements, true);
    }

    private boolean isTupleEnd() {
        return tokens.is(Kind.PRINT_END) || tokens.is(Kind.TAG_END) || tokens.isOperator(")");
    }

    private Expression conditional() {
        Expression value = or();
        while (tokens.skipName("if")) {
            Expression condition = or();
            Optional<Expression> otherwise = tokens.skipName("else") ? Optional.of(expression()) : Optional.empty();
            value = new Conditional(condition, value, otherwise);
        }
        return value;
    }

    private Expression or() {
        Expression first = and();
        if (!tokens.isName("or")) {
            return first;
        }
        List<Expression> operands = new ArrayList<>(List.of(first));
        while (tokens.skipName("or")) {
            operands.add(and());
        }
        return new Logic(operands, false);
    }

    private Expression and() {
        Expression first = not();
        if (!tokens.isName("and")) {
            return first;
        }
        List<Expression> operands = new ArrayList<>(List.of(first));
        while (tokens.skipName("and")) {
            operands.add(not());
        }
        return new Logic(operands, true);
    }

    private Expression not() {
        if (!tokens.isName("not")) {
            return compare();
        }
        tokens.next();
        tokens.enter();
        Expression operand = not();
        tokens.leave();
        return new Not(operand);
    }

    private Expression compare() {
        Expression first = sum();
        List<Expression> operands = new ArrayList<>(List.of(first));
        List<String> operators = new ArrayList<>();
        while (true) {
            Token token = tokens.current();
            String operator;
            if (token.isName("in")) {
                operator = "in";
            } else if (token.isName("not") && tokens.look().isName("in")) {
                tokens.next();
                operator = "not in";
            } else if (token.kind() == Kind.OPERATOR && isComparison(token.text())) {
                operator = token.text();
            } else {
                return operators.isEmpty() ? first : new Compare(operands, operators);
            }
            tokens.next();
            operators.add(operator);
            operands.add(sum());
        }
    }

    private static boolean isComparison(String operator) {
        return switch (operator) {
            case "==", "!=", "<", "<=", ">", ">=" -> true;
            default -> false;
        };
    }

    private Expression sum() {
        Expression left = concat();
        while (tokens.isOperator("+") || tokens.isOperator("-")) {
            left = new Binary(tokens.next().text(), left, concat());
        }
        return left;
    }

    private Expression concat() {
        Expression first = product();
        if (!tokens.isOperator("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.skipOperator("~")) {
            parts.add(product());
        }
        return new Concat(parts);
    }

    private Expression product() {
        Expression left = power();
        while (tokens.isOperator("*") || tokens.isOperator("/") || tokens.isOperator("//") || tokens.isOperator("%")) {
            left = new Binary(tokens.next().text(), left, power());
        }
        return left;
    }

    private Expression power() {
        Expression left = unary(true);
        while (tokens.isOperator("**")) {
            left = new Binary(tokens.next().text(), left, unary(true));
        }
        return left;
    }

    private Expression unary(boolean withFilters) {
        Expression value;
        if (tokens.isOperator("-") || tokens.isOperator("+")) {
            boolean negative = tokens.next().text().equals("-");
            tokens.enter();
            value = new Sign(unary(false), negative);
            tokens.leave();
        } else {
            value = primary.primary();
        }
        value = primary.postfix(value);
        return withFilters ? primary.filters(value) : value;
    }
}
