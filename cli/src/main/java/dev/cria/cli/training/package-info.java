/** What a training run looks like at a terminal. */
@NullMarked
package dev.cria.cli.training;

import org.jspecify.annotations.NullMarked;
