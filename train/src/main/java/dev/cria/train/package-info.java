/** Pretraining: the optimiser, the schedule, the loop that joins model and data, and what it leaves behind. */
@NullMarked
package dev.cria.train;

import org.jspecify.annotations.NullMarked;
