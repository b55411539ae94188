/**
 * The CPU device: scalar reference kernels, Vector API kernels, the GEMM leaves and the worker pool. Inside this package kernels work on raw
 * addresses; {@link dev.cria.tensor.CheckedKernels} has checked shapes and lifetimes before they run.
 */
@NullMarked
package dev.cria.tensor.cpu;

import org.jspecify.annotations.NullMarked;
