/** An NVIDIA GPU as a device: opened here, driven from Java through {@code java.lang.foreign}. Shape letters: see ARCHITECTURE.md. */
@NullMarked
package dev.cria.cuda;

import org.jspecify.annotations.NullMarked;
