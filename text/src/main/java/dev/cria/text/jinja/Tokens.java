package dev.cria.text.jinja;

import dev.cria.text.jinja.Token.Kind;
import java.util.List;

/** The tokens of a template, one after another, and how deep the parser is in them. */
final class Tokens {
    private static final int MAX_NESTING = 60;

    private final List<Token> tokens;
    private int at;
    private int nesting;

    /** @param tokens the last is {@link Kind#END} */
    Tokens(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token current() {
        return tokens.get(at);
    }

    /** The token behind the current one. */
    Token look() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    /** The current token, which is then behind us. */
    Token next() {
        Token token = tokens.get(at);
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }

    boolean is(Kind kind) {
        return current().kind() == kind;
    }

    boolean isOperator(String operator) {
        return current().isOperator(operator);
    }

    boolean isName(String name) {
        return current().isName(name);
    }

    boolean skipOperator(String operator) {
        boolean found = isOperator(operator);
        if (found) {
            next();
        }
        return found;
    }

    boolean skipName(String name) {
        boolean found = isName(name);
        if (found) {
            next();
        }
        return found;
    }

    void expectOperator(String operator) {
        if (!skipOperator(operator)) {
            throw unexpected("'" + operator + "'");
        }
    }

    void expectName(String name) {
        if (!skipName(name)) {
            throw unexpected("'" + name + "'");
        }
    }

    Token expect(Kind kind) {
        if (!is(kind)) {
            throw unexpected(kind.said());
        }
        return next();
    }

    int line() {
        return current().line();
    }

    JinjaException unexpected(String expected) {
        return fail("unexpected " + current().said() + ", expected " + expected);
    }

    JinjaException fail(String what) {
        return new JinjaException(what, line());
    }

    /** Goes one deeper: what the parser does by recursion must end. */
    void enter() {
        if (++nesting > MAX_NESTING) {
            throw fail("it is nested more than " + MAX_NESTING + " deep");
        }
    }

    void leave() {
        nesting--;
    }
}
