/** From logits to ids, text and scores: sampling, generation, log-probabilities. Knows sessions and tokenizers, not how logits come about. */
@NullMarked
package dev.cria.model.generation;

import org.jspecify.annotations.NullMarked;
