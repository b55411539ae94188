/** What a machine offers: its JDK, processor, memory and disk, and how fast its matrix products are. */
@NullMarked
package dev.cria.cli.doctor;

import org.jspecify.annotations.NullMarked;
