package dev.cria.text.jinja;

import org.jspecify.annotations.Nullable;

/** A value with attributes of its own: a namespace, the state of a loop. */
interface HasAttributes {
    /** The attribute, or null where there is none. */
    @Nullable
    Object attribute(String name);

    /** What errors call it. */
    String typeName();
}
