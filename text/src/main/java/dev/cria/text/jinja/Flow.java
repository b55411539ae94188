package dev.cria.text.jinja;

/** Where a template goes on behind a statement. */
enum Flow {
    NEXT,
    BREAK,
    CONTINUE
}
