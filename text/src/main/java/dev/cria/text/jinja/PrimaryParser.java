package dev.cria.text.jinja;

import dev.cria.text.jinja.Calls.Given;
import dev.cria.text.jinja.Literals.Constant;
import dev.cria.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Parses names and literals, and what stands behind them: attributes, elements, calls, filters and tests. */
final class PrimaryParser {
    private static final Expression NONE = new Constant(None.NONE);

    private final Tokens tokens;
    private final ExpressionParser expressions;
    private final Set<String> names = new HashSet<>();

    PrimaryParser(Tokens tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** The variables that have been named so far; the macro parser empties it, to see which its body names. */
    Set<String> names() {
        return names;
    }

    Expression primary() {
        Token token = tokens.current();
        switch (token.kind()) {
            case NAME -> {
                tokens.next();
                return name(token.text());
            }
            case STRING -> {
                StringBuilder text = new StringBuilder();
                while (tokens.is(Kind.STRING)) {
                    text.append(tokens.next().text());
                }
                return new Constant(text.toString());
            }
            case INTEGER -> {
                tokens.next();
                return new Constant(integer(token));
            }
            case FLOAT -> {
                tokens.next();
                return new Constant(Double.parseDouble(token.text()));
            }
            default -> {
                return bracket();
            }
        }
    }

    private Expression name(String name) {
        switch (name) {
            case "true", "True" -> {
                return new Constant(true);
            }
            case "false", "False" -> {
                return new Constant(false);
            }
            case "none", "None" -> {
                return NONE;
            }
            default -> {
                names.add(name);
                return new Lookups.Name(name);
            }
        }
    }

    private static long integer(Token token) {
        String digits = token.text().replace("_", "");
        int radix = 10;
        if (digits.length() > 1 && digits.charAt(0) == '0' && Character.isLetter(digits.charAt(1))) {
            int kind = digits.charAt(1) | 0x20;
            radix = kind == 'x' ? 16 : kind == 'o' ? 8 : 2;
            digits = digits.substring(2);
        }
        try {
            return Long.parseLong(digits, radix);
        } catch (NumberFormatException e) {
            throw new JinjaException("the number " + token.text() + " does not fit into 64 bits", token.line());
        }
    }

    private Expression bracket() {
        if (tokens.skipOperator("(")) {
            if (tokens.skipOperator(")")) {
                return new Literals.Elements(List.of(), true);
            }
            Expression inside = expressions.tuple(true);
            tokens.expectOperator(")");
            return inside;
        }
        if (tokens.skipOperator("[")) {
            List<Expression> elements = new ArrayList<>();
            while (!tokens.skipOperator("]")) {
                elements.add(expressions.expression());
                if (!tokens.isOperator("]")) {
                    tokens.expectOperator(",");
                }
            }
            return new Literals.Elements(elements, false);
        }
        if (tokens.skipOperator("{")) {
            List<Expression> keys = new ArrayList<>();
            List<Expression> values = new ArrayList<>();
            while (!tokens.skipOperator("}")) {
                keys.add(expressions.expression());
                tokens.expectOperator(":");
                values.add(expressions.expression());
                if (!tokens.isOperator("}")) {
                    tokens.expectOperator(",");
                }
            }
            return new Literals.Entries(keys, values);
        }
        throw tokens.unexpected("an expression");
    }

    Expression postfix(Expression value) {
        Expression result = value;
        while (true) {
            if (tokens.skipOperator(".")) {
                result = dotted(result);
            } else if (tokens.skipOperator("[")) {
                result = subscript(result);
            } else if (tokens.isOperator("(")) {
                result = new Calls.Call(result, given());
            } else {
                return result;
            }
        }
    }

    private Expression dotted(Expression object) {
        if (tokens.is(Kind.INTEGER)) {
            return new Lookups.Item(object, new Constant(integer(tokens.next())));
        }
        return new Lookups.Attribute(object, tokens.expect(Kind.NAME).text());
    }

    private Expression subscript(Expression object) {
        Expression start = NONE;
        if (!tokens.isOperator(":")) {
            start = expressions.tuple(true);
            if (tokens.skipOperator("]")) {
                return new Lookups.Item(object, start);
            }
        }
        tokens.expectOperator(":");
        Expression stop = bound();
        Expression step = tokens.skipOperator(":") ? bound() : NONE;
        tokens.expectOperator("]");
        return new Lookups.Slice(object, start, stop, step);
    }

    private Expression bound() {
        return tokens.isOperator(":") || tokens.isOperator("]") ? NONE : expressions.expression();
    }

    Expression filters(Expression value) {
        Expression result = value;
        while (true) {
            if (tokens.skipOperator("|")) {
                result = filter(result);
            } else if (tokens.skipName("is")) {
                result = test(result);
            } else if (tokens.isOperator("(")) {
                result = new Calls.Call(result, given());
            } else {
                return result;
            }
        }
    }

    /** A filter's name and arguments. */
    Expression filter(Expression value) {
        String name = tokens.expect(Kind.NAME).text();
        return new Calls.Filter(value, name, tokens.isOperator("(") ? given() : Given.NOTHING);
    }

    private Expression test(Expression value) {
        boolean negated = tokens.skipName("not");
        String name = tokens.expect(Kind.NAME).text();
        Given given = Given.NOTHING;
        Token token = tokens.current();
        if (token.isOperator("(")) {
            given = given();
        } else if (startsArgument(token)) {
            if (token.isName("is")) {
                throw tokens.fail("two tests cannot follow each other");
            }
            given = new Given(List.of(postfix(primary())), Map.of(), Optional.empty(), Optional.empty());
        }
        Expression test = new Calls.Test(value, name, given);
        return negated ? new Operations.Not(test) : test;
    }

    private static boolean startsArgument(Token token) {
        return switch (token.kind()) {
            case NAME -> !token.isName("else") && !token.isName("or") && !token.isName("and");
            case STRING, INTEGER, FLOAT -> true;
            case OPERATOR -> token.isOperator("[") || token.isOperator("{");
            default -> false;
        };
    }

    /** The arguments of a call, with their parentheses. */
    Given given() {
        tokens.expectOperator("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        Optional<Expression> list = Optional.empty();
        Optional<Expression> map = Optional.empty();
        while (!tokens.skipOperator(")")) {
            if (tokens.skipOperator("*")) {
                refuseUnless(list.isEmpty() && map.isEmpty());
                list = Optional.of(expressions.expression());
            } else if (tokens.skipOperator("**")) {
                refuseUnless(map.isEmpty());
                map = Optional.of(expressions.expression());
            } else if (tokens.is(Kind.NAME) && tokens.look().isOperator("=")) {
                String name = tokens.next().text();
                tokens.next();
                refuseUnless(map.isEmpty() && !named.containsKey(name));
                named.put(name, expressions.expression());
            } else {
                refuseUnless(list.isEmpty() && map.isEmpty() && named.isEmpty());
                positional.add(expressions.expression());
            }
            if (!tokens.isOperator(")")) {
                tokens.expectOperator(",");
            }
        }
        return new Given(positional, named, list, map);
    }

    private void refuseUnless(boolean inOrder) {
        if (!inOrder) {
            throw tokens.fail("the arguments of a call are out of order");
        }
    }
}
