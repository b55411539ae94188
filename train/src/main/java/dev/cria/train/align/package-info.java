/** Learning from preferences: losses over pairs of answers, and what a reference model says of them. */
@NullMarked
package dev.cria.train.align;

import org.jspecify.annotations.NullMarked;
