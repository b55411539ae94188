/** NVIDIA's libraries found, opened and called: nothing above this package knows a C function of the driver. */
@NullMarked
package dev.cria.cuda.driver;

import org.jspecify.annotations.NullMarked;
