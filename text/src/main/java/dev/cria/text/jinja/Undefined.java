package dev.cria.text.jinja;

/**
 * What is not there: it prints as nothing, is false and empty, and anything else done to it is an error.
 *
 * @param what the error's sentence
 */
record Undefined(String what) {
    JinjaException error() {
        return new JinjaException(what);
    }
}
