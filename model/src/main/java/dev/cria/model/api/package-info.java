/**
 * A Llama in a few lines of Java: open a model, let it continue a text or hold a conversation, close it. {@link Llama} is where to begin. Errors
 * that a user can mend are {@link dev.cria.base.UserError}, with a sentence and a hint.
 */
@NullMarked
package dev.cria.model.api;

import org.jspecify.annotations.NullMarked;
