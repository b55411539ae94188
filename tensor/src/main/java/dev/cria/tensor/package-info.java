/** Tensors, the kernel interface that a device implements, and what all devices share. Shape letters: see ARCHITECTURE.md. */
@NullMarked
package dev.cria.tensor;

import org.jspecify.annotations.NullMarked;
