/**
 * The block formats of quantised weights: what a block's bytes mean, and how floats become blocks. Layouts are ggml's ({@code ggml-common.h}),
 * so that files are exchanged with llama.cpp. This is the scalar reference; kernels that read blocks fast are the devices' business.
 */
@NullMarked
package dev.cria.tensor.quant;

import org.jspecify.annotations.NullMarked;
