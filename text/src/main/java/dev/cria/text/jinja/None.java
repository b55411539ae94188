package dev.cria.text.jinja;

/** Python's None. */
enum None {
    NONE
}
