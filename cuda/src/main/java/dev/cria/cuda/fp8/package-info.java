/**
 * Training's products in FP8 on bf16 tensors, unseen by the model: operands are rounded to 8 bits when a product needs them, each matrix with one
 * scale from its present largest magnitude ("FP8 Formats for Deep Learning", arXiv 2209.05433).
 */
@NullMarked
package dev.cria.cuda.fp8;

import org.jspecify.annotations.NullMarked;
