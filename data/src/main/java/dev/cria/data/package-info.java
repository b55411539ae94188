/** From files of text to shards of tokens, and from shards to training samples. */
@NullMarked
package dev.cria.data;

import org.jspecify.annotations.NullMarked;
