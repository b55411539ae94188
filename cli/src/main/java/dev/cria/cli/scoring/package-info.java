/** How likely a model finds a continuation. */
@NullMarked
package dev.cria.cli.scoring;

import org.jspecify.annotations.NullMarked;
