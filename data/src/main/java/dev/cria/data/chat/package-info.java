/** Conversations: read from the layouts people have, rendered by a model's chat template, packed into rows to learn from. */
@NullMarked
package dev.cria.data.chat;

import org.jspecify.annotations.NullMarked;
