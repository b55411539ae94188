package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Speculative sampling draws from the model's distribution, whatever the draft's. */
class VerifierTest {
    private static final int DRAWS = 20_000;

    /** Σ (observed − expected)² / expected over tokens that can occur; a token that cannot makes it infinite. */
    private static double chiSquare(int[] counts, double[] p) {
        double sum = 0;
        for (int v = 0; v < p.length; v++) {
            double expected = p[v] * DRAWS;
            if (expected == 0) {
                sum += counts[v] == 0 ? 0 : Double.POSITIVE_INFINITY;
            } else {
                sum += Math.pow(counts[v] - expected, 2) / expected;
            }
        }
        return sum;
    }

    private static int[] draw(double[] p, double[] q, long seed) {
        SamplingOptions options = SamplingOptions.plain(seed);
        Sampler draft = new Sampler(options, "draft");
        Verifier verifier = new Verifier(new Sampler(options));
        int[] counts = new int[p.length];
        for (int i = 0; i < DRAWS; i++) {
            Guess guess = new Guess(draft.draw(q), Optional.of(q));
            counts[verifier.choose(p, guess)]++;
        }
        return counts;
    }

    private static double[] normalised(double... weights) {
        double sum = 0;
        for (double weight : weights) {
            sum += weight;
        }
        double[] p = weights.clone();
        for (int v = 0; v < p.length; v++) {
            p[v] /= sum;
        }
        return p;
    }

    // 24.3 is exceeded by chance once in ten thousand times at 5 degrees of freedom; seeds are fixed, so the outcome is
    // too.
    private static final double LIMIT = 24.3;

    @Test
    void tokensFollowTheModelWhateverTheDraft() {
        double[] p = normalised(5, 1, 0.5, 2, 0, 1.5);
        double[][] drafts = {
            p,
            normalised(1, 1, 1, 1, 1, 1),
            normalised(0, 0, 0, 0, 1, 0),
            normalised(1, 5, 3, 0, 2, 0.1),
            normalised(1, 0, 0, 0, 0, 0)
        };
        for (int d = 0; d < drafts.length; d++) {
            assertThat(chiSquare(draw(p, drafts[d], 11 + d), p))
                    .as("draft %d", d)
                    .isLessThan(LIMIT);
        }
        // The test can tell: draws from another distribution fail it.
        assertThat(chiSquare(draw(drafts[1], p, 3), p)).isGreaterThan(LIMIT);
    }

    @Test
    void aCertainGuessIsTakenAsOftenAsItIsLikely() {
        double[] p = normalised(5, 1, 0.5, 2, 0, 1.5);
        for (int guessed = 0; guessed < p.length; guessed++) {
            Verifier verifier = new Verifier(new Sampler(SamplingOptions.plain(guessed)));
            int[] counts = new int[p.length];
            for (int i = 0; i < DRAWS; i++) {
                counts[verifier.choose(p, Guess.certain(guessed))]++;
            }
            assertThat(chiSquare(counts, p)).as("guess %d", guessed).isLessThan(LIMIT);
        }
    }

    @Provide
    Arbitrary<double[]> distributions() {
        return Arbitraries.doubles()
                .between(0, 1)
                .array(double[].class)
                .ofSize(6)
                .map(weights -> {
                    weights[0] += 0.05;
                    return normalised(weights);
                });
    }

    @Property(tries = 30, seed = "7")
    void anyTwoDistributions(@ForAll("distributions") double[] p, @ForAll("distributions") double[] q) {
        assertThat(chiSquare(draw(p, q, 5), p)).isLessThan(35);
    }
}
