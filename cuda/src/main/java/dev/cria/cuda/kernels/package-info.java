/** The operations of {@link dev.cria.tensor.Kernels} on the GPU, one class a concept. */
@NullMarked
package dev.cria.cuda.kernels;

import org.jspecify.annotations.NullMarked;
