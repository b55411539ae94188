/** The safetensors format: named tensors in a file, read by memory map and written as a stream. Knows nothing of models. */
@NullMarked
package dev.cria.model.safetensors;

import org.jspecify.annotations.NullMarked;
