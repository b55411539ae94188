/** Rows of tasks from a Hugging Face compatible hub. Knows where data sets keep their files; how they are fetched, {@code model.hub} knows. */
@NullMarked
package dev.cria.eval.hub;

import org.jspecify.annotations.NullMarked;
