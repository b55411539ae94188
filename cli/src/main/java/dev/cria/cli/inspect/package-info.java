/** Says what a path holds: a model, a data set, a tokenizer, a file of tensors, a recipe. */
@NullMarked
package dev.cria.cli.inspect;

import org.jspecify.annotations.NullMarked;
