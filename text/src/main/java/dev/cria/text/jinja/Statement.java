package dev.cria.text.jinja;

/** A node of the tree that a template is parsed into. */
interface Statement {
    /** Where it stands, counted from 1. */
    int line();

    Flow execute(Frame frame, StringBuilder out);
}
