/** One open GPU with its stream, and kernels started on it. */
@NullMarked
package dev.cria.cuda.launch;

import org.jspecify.annotations.NullMarked;
