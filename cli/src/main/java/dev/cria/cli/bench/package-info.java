/** Timings that can be laid beside those of other programs. */
@NullMarked
package dev.cria.cli.bench;

import org.jspecify.annotations.NullMarked;
