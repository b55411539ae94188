package dev.cria.train;

import dev.cria.model.TrainableLlama;
import java.util.function.BooleanSupplier;

/** Something that must be asked of the starting model before anything is learnt. */
interface StartingModelTask {
    /**
     * Asks.
     *
     * @param capacity most tokens of a micro-batch
     * @return false if it was broken off because a stop was requested; what was found out is kept
     */
    boolean run(TrainableLlama model, int capacity, TrainListener listener, BooleanSupplier stopRequested);
}
