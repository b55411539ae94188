package dev.cria.model.generation;

import java.util.BitSet;

/**
 * Chooses the next token where a guess is at hand, from exactly the distribution that would be drawn from without it (speculative sampling,
 * Leviathan et al., arXiv 2211.17192).
 *
 * <p>With p the model's distribution and q the one that the guess x was drawn from, x is taken with probability min(1, p(x)/q(x)); else a token
 * is drawn from max(0, p − q), normalised. The chance of a token v is then min(p, q)(v) + max(0, p − q)(v) = p(v). At temperature 0 it is the
 * most likely token, whatever the guess.
 */
final class Verifier {
    private final Sampler sampler;

    Verifier(Sampler sampler) {
        this.sampler = sampler;
    }

    /** The next token; it may or may not be the guess. */
    int choose(float[] logits, BitSet seen, Guess guess) {
        if (sampler.isGreedy()) {
            return sampler.next(logits, seen);
        }
        return choose(sampler.distribution(logits, seen), guess);
    }

    /** The same from probabilities p, [V]. */
    int choose(double[] p, Guess guess) {
        int x = guess.id();
        if (sampler.uniform() * guess.probability(x) < p[x]) {
            return x;
        }
        double total = 0;
        double[] rest = new double[p.length];
        for (int v = 0; v < p.length; v++) {
            rest[v] = Math.max(0, p[v] - guess.probability(v));
            total += rest[v];
        }
        if (total <= 0) {
            // Only rounding can refuse a guess where q is nowhere below p.
            return sampler.draw(p);
        }
        for (int v = 0; v < p.length; v++) {
            rest[v] /= total;
        }
        return sampler.draw(rest);
    }
}
