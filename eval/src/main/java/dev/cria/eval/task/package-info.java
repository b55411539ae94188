/** Benchmark tasks as data: their files, rows, prompts, examples and requests. Knows nothing of models: a request is text. */
@NullMarked
package dev.cria.eval.task;

import org.jspecify.annotations.NullMarked;
