/** Memory of the GPU and the page-locked host memory that it is filled through. */
@NullMarked
package dev.cria.cuda.memory;

import org.jspecify.annotations.NullMarked;
