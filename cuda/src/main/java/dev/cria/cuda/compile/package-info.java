/** CUDA sources become machine code for the card present, once: NVRTC and a cache on disk. */
@NullMarked
package dev.cria.cuda.compile;

import org.jspecify.annotations.NullMarked;
