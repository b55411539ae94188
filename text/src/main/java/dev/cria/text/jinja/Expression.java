package dev.cria.text.jinja;

/** A node of the tree that an expression is parsed into. Parts are evaluated through {@link Frame#evaluate}, which counts them. */
interface Expression {
    Object evaluate(Frame frame);
}
