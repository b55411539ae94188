/**
 * The layers of a Llama, each with {@code forward} and {@code backward} written out. They own no memory: weights, gradients and what the
 * backward pass needs are handed to them. Knows kernels; knows no files, no configuration and no training loop.
 */
@NullMarked
package dev.cria.model.layers;

import org.jspecify.annotations.NullMarked;
