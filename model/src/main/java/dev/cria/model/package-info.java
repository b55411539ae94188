/** The Llama: configuration, layers with forward and backward, checkpoints, generation. */
@NullMarked
package dev.cria.model;

import org.jspecify.annotations.NullMarked;
