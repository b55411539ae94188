/** Recipes: what a run is, read from YAML with every key and value checked. Knows nothing of models or data beyond their names. */
@NullMarked
package dev.cria.train.recipe;

import org.jspecify.annotations.NullMarked;
