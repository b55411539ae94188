/** Tokenizers, their training, and chat templates. Knows text and ids; knows nothing of models or files of data. */
@NullMarked
package dev.cria.text;

import org.jspecify.annotations.NullMarked;
