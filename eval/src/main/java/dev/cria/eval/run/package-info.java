/** Running tasks: requests in batches through a model, a log of every finished document, and what came of it all. */
@NullMarked
package dev.cria.eval.run;

import org.jspecify.annotations.NullMarked;
