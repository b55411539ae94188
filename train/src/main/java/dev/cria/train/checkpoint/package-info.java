/** Checkpoints: Hugging Face model directories with the optimiser's state beside, wholly there or not at all. */
@NullMarked
package dev.cria.train.checkpoint;

import org.jspecify.annotations.NullMarked;
