/** Turns models from one format and type of weights into another, tensor by tensor. */
@NullMarked
package dev.cria.model.convert;

import org.jspecify.annotations.NullMarked;
