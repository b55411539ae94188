/** How well a model predicts texts: perplexities and bits per byte, by lm-evaluation-harness's rule of rolling windows. Knows nothing of tasks. */
@NullMarked
package dev.cria.eval.perplexity;

import org.jspecify.annotations.NullMarked;
