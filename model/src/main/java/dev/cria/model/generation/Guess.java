package dev.cria.model.generation;

import java.util.Optional;

/**
 * A token that may come next.
 *
 * @param id the token
 * @param distribution what it was drawn from, [V]; empty where it was not drawn but is certain to be proposed
 */
record Guess(int id, Optional<double[]> distribution) {
    static Guess certain(int id) {
        return new Guess(id, Optional.empty());
    }

    /** How likely it was that {@code candidate} would be proposed. */
    double probability(int candidate) {
        return distribution.map(d -> d[candidate]).orElse(candidate == id ? 1.0 : 0.0);
    }
}
