/** Matrix products through cuBLASLt. */
@NullMarked
package dev.cria.cuda.gemm;

import org.jspecify.annotations.NullMarked;
