package dev.cria.model.generation;

import java.util.BitSet;
import java.util.Optional;

/** Chooses a draft's tokens as the generation itself would choose them from the same logits, with random numbers of its own. */
final class Guesser {
    private final Sampler sampler;
    private final BitSet seen;

    /** @param seen ids of the text so far; changed by every guess */
    Guesser(Sampler sampler, BitSet seen) {
        this.sampler = sampler;
        this.seen = seen;
    }

    /** A guess from a draft's logits, [V]. */
    Guess choose(float[] logits) {
        if (sampler.isGreedy()) {
            return remember(Guess.certain(sampler.next(logits, seen)));
        }
        double[] distribution = sampler.distribution(logits, seen);
        return remember(new Guess(sampler.draw(distribution), Optional.of(distribution)));
    }

    private Guess remember(Guess guess) {
        seen.set(guess.id());
        return guess;
    }
}
