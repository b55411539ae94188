package dev.cria.text.jinja;

import dev.cria.text.jinja.Token.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Parses a template into statements. */
final class TemplateParser {
    private static final Expression TRUE = new Literals.Constant(true);

    private final Tokens tokens;
    private final ExpressionParser expressions;
    private int loops;

    private TemplateParser(Tokens tokens) {
        this.tokens = tokens;
        expressions = new ExpressionParser(tokens);
    }

    /** @throws JinjaException where the source is no template */
    static Body parse(String source, Dialect dialect) {
        return new TemplateParser(new Tokens(Lexer.tokens(source, dialect))).template();
    }

    private Body template() {
        Body body = body();
        if (!tokens.is(Kind.END)) {
            throw tokens.fail("unexpected tag " + tokens.current().said());
        }
        return body;
    }

    /** Statements up to a tag that begins with one of these names, which is left to be read; without names, up to the end. */
    private Body body(String... ends) {
        tokens.enter();
        List<Statement> statements = new ArrayList<>();
        while (!tokens.is(Kind.END)) {
            Token token = tokens.next();
            switch (token.kind()) {
                case DATA -> statements.add(new Statements.Text(token.line(), token.text()));
                case PRINT_BEGIN -> {
                    statements.add(new Statements.Print(token.line(), expressions.tuple(true)));
                    tokens.expect(Kind.PRINT_END);
                }
                default -> {
                    for (String end : ends) {
                        if (tokens.isName(end)) {
                            tokens.leave();
                            return new Body(statements);
                        }
                    }
                    statements.add(statement());
                    tokens.expect(Kind.TAG_END);
                }
            }
        }
        if (ends.length > 0) {
            throw tokens.fail("the template ends where '" + ends[ends.length - 1] + "' is expected");
        }
        tokens.leave();
        return new Body(statements);
    }

    /** The same, with the tag that opened it before and the one that closes it behind. */
    private Body block(String end) {
        tokens.expect(Kind.TAG_END);
        Body body = body(end);
        tokens.next();
        return body;
    }

    private Statement statement() {
        int line = tokens.line();
        String tag = tokens.expect(Kind.NAME).text();
        return switch (tag) {
            case "if" -> branches(line);
            case "for" -> loop(line);
            case "set" -> set(line);
            case "macro" ->
                new Macro.Define(line, definition(tokens.expect(Kind.NAME).text(), "endmacro"));
            case "call" -> call(line);
            case "filter" -> filterBlock(line);
            case "with" -> with(line);
            case "generation" -> scoped(line, "endgeneration");
            case "autoescape" -> {
                expressions.expression();
                yield scoped(line, "endautoescape");
            }
            case "break", "continue" -> {
                if (loops == 0) {
                    throw new JinjaException("'" + tag + "' outside of a loop", line);
                }
                yield new Statements.Jump(line, tag.equals("break") ? Flow.BREAK : Flow.CONTINUE);
            }
            case "include", "import", "from", "extends", "block" ->
                throw new JinjaException(
                        "the tag '" + tag + "', which reaches for other templates, is not allowed", line);
            default -> throw new JinjaException("unknown tag '" + tag + "'", line);
        };
    }

    private Statement branches(int line) {
        List<Expression> conditions = new ArrayList<>();
        List<Body> bodies = new ArrayList<>();
        conditions.add(expressions.tuple(false));
        while (true) {
            tokens.expect(Kind.TAG_END);
            bodies.add(body("elif", "else", "endif"));
            Token end = tokens.next();
            if (end.isName("elif") && conditions.size() == bodies.size() && conditions.getLast() != TRUE) {
                conditions.add(expressions.tuple(false));
            } else if (end.isName("else") && conditions.getLast() != TRUE) {
                conditions.add(TRUE);
            } else if (end.isName("endif")) {
                return new Statements.If(line, conditions, bodies);
            } else {
                throw new JinjaException("'" + end.text() + "' behind 'else'", end.line());
            }
        }
    }

    private Statement loop(int line) {
        Target target = targets(false);
        tokens.expectName("in");
        Expression items = expressions.tuple(false);
        Optional<Expression> condition =
                tokens.skipName("if") ? Optional.of(expressions.expression()) : Optional.empty();
        if (tokens.isName("recursive")) {
            throw tokens.fail("recursive loops are not supported");
        }
        tokens.expect(Kind.TAG_END);
        loops++;
        Body body = body("else", "endfor");
        loops--;
        Optional<Body> otherwise = tokens.next().isName("else") ? Optional.of(block("endfor")) : Optional.empty();
        return new ForLoop(line, target, items, condition, body, otherwise);
    }

    private Statement set(int line) {
        Target target = targets(true);
        if (tokens.skipOperator("=")) {
            return new Statements.Set(line, target, expressions.tuple(true));
        }
        Optional<Expression> filtered = Optional.empty();
        while (tokens.skipOperator("|")) {
            filtered = Optional.of(expressions.primary().filter(filtered.orElse(new Lookups.Name(Statements.BODY))));
        }
        return new Statements.SetBlock(line, target, outsideOfLoops("endset"), filtered);
    }

    /** One or more names with commas. */
    private Target targets(boolean parts) {
        Target first = target(parts);
        if (!tokens.isOperator(",")) {
            return first;
        }
        List<Target> targets = new ArrayList<>(List.of(first));
        while (tokens.skipOperator(",")) {
            if (tokens.isName("in") || tokens.isOperator("=") || tokens.isOperator(")")) {
                break;
            }
            targets.add(target(parts));
        }
        return new Target.Several(targets);
    }

    private Target target(boolean parts) {
        if (tokens.skipOperator("(")) {
            tokens.enter();
            Target inside = targets(parts);
            tokens.leave();
            tokens.expectOperator(")");
            return inside;
        }
        Token name = tokens.expect(Kind.NAME);
        if (parts && tokens.skipOperator(".")) {
            return new Target.Part(name.text(), tokens.expect(Kind.NAME).text());
        }
        switch (name.text()) {
            case "true", "false", "none", "True", "False", "None", "loop" ->
                throw new JinjaException("cannot assign to '" + name.text() + "'", name.line());
            default -> {
                return new Target.Variable(name.text());
            }
        }
    }

    /** A signature in parentheses, which may be missing, and a body. */
    private Macro.Definition definition(String name, String end) {
        List<String> parameters = new ArrayList<>();
        List<Optional<Expression>> defaults = new ArrayList<>();
        if (end.equals("endmacro") || tokens.isOperator("(")) {
            tokens.expectOperator("(");
            while (!tokens.skipOperator(")")) {
                parameters.add(tokens.expect(Kind.NAME).text());
                boolean hasDefault = tokens.skipOperator("=");
                if (!hasDefault && !defaults.isEmpty() && defaults.getLast().isPresent()) {
                    throw tokens.fail("a parameter without a default follows one that has one");
                }
                defaults.add(hasDefault ? Optional.of(expressions.expression()) : Optional.empty());
                if (!tokens.isOperator(")")) {
                    tokens.expectOperator(",");
                }
            }
        }
        if (!end.equals("endmacro")) {
            return new Macro.Definition(name, parameters, defaults, new Body(List.of()), false, false, false);
        }
        return withBody(
                new Macro.Definition(name, parameters, defaults, new Body(List.of()), false, false, false), end);
    }

    private Macro.Definition withBody(Macro.Definition signature, String end) {
        Set<String> names = expressions.primary().names();
        Set<String> outside = new HashSet<>(names);
        names.clear();
        Body body = outsideOfLoops(end);
        boolean varargs = names.contains("varargs");
        boolean kwargs = names.contains("kwargs");
        boolean caller = names.contains("caller");
        names.addAll(outside);
        return new Macro.Definition(
                signature.name(), signature.parameters(), signature.defaults(), body, varargs, kwargs, caller);
    }

    /** A block from which no {@code break} leads out. */
    private Body outsideOfLoops(String end) {
        int around = loops;
        loops = 0;
        Body body = block(end);
        loops = around;
        return body;
    }

    private Statement call(int line) {
        Macro.Definition signature = definition("caller", "endcall");
        if (!(expressions.expression() instanceof Calls.Call call)) {
            throw new JinjaException("'call' needs the call of a macro", line);
        }
        return new Macro.CallBlock(line, call, withBody(signature, "endcall"));
    }

    private Statement filterBlock(int line) {
        Expression filtered = expressions.primary().filter(new Lookups.Name(Statements.BODY));
        while (tokens.skipOperator("|")) {
            filtered = expressions.primary().filter(filtered);
        }
        return new Statements.FilterBlock(line, outsideOfLoops("endfilter"), filtered);
    }

    private Statement with(int line) {
        List<Target> targets = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.is(Kind.TAG_END)) {
            if (!targets.isEmpty()) {
                tokens.expectOperator(",");
            }
            targets.add(target(false));
            tokens.expectOperator("=");
            values.add(expressions.expression());
        }
        return new Statements.With(line, targets, values, block("endwith"));
    }

    private Statement scoped(int line, String end) {
        return new Statements.Scoped(line, outsideOfLoops(end));
    }
}
