/**
 * An interpreter of Jinja, as far as chat templates and the prompts of benchmarks go: it sees lists, maps, strings, numbers and booleans, and
 * nothing of Java.
 */
@NullMarked
package dev.cria.text.jinja;

import org.jspecify.annotations.NullMarked;
