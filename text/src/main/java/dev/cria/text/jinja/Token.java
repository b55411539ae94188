package dev.cria.text.jinja;

/**
 * A part of a template.
 *
 * @param text what it says: template text, a name, an operator, a string without its quotes and escapes, a number's digits
 * @param line counted from 1
 */
record Token(Kind kind, String text, int line) {
    /** Kinds of tokens. */
    enum Kind {
        DATA("text"),
        PRINT_BEGIN("{{"),
        PRINT_END("}}"),
        TAG_BEGIN("{%"),
        TAG_END("%}"),
        NAME("a name"),
        STRING("a string"),
        INTEGER("a number"),
        FLOAT("a number"),
        OPERATOR("an operator"),
        END("the end of the template");

        private final String said;

        Kind(String said) {
            this.said = said;
        }

        String said() {
            return said;
        }
    }

    boolean isOperator(String operator) {
        return kind == Kind.OPERATOR && text.equals(operator);
    }

    boolean isName(String name) {
        return kind == Kind.NAME && text.equals(name);
    }

    /** The token in an error. */
    String said() {
        return kind == Kind.NAME || kind == Kind.OPERATOR ? "'" + text + "'" : kind.said();
    }
}
