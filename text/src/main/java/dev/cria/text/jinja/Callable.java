package dev.cria.text.jinja;

/** What a template can call. */
interface Callable {
    Object call(Frame frame, Arguments arguments);
}
