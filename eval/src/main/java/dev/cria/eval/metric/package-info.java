/** What an answer is worth: the metrics of one document, their means and standard errors. Knows nothing of tasks, files or models. */
@NullMarked
package dev.cria.eval.metric;

import org.jspecify.annotations.NullMarked;
