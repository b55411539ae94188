/**
 * Runs programs that a model wrote, in a process that can compute and nothing else. Knows nothing of tasks or models: it is given a text of
 * Python and says whether it ran to its end.
 */
@NullMarked
package dev.cria.eval.sandbox;

import org.jspecify.annotations.NullMarked;
