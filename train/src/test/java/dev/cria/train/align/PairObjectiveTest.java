package dev.cria.train.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.cria.data.chat.EncodedConversation;
import dev.cria.data.chat.EncodedPair;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** Losses over pairs: their gradients by finite differences, and what must hold of them whatever the numbers. */
class PairObjectiveTest {
    private static EncodedConversation sequence(int prompt, int answer) {
        BitSet trained = new BitSet();
        trained.set(prompt, prompt + answer);
        return new EncodedConversation(new int[prompt + answer], trained);
    }

    private static PairBatch batch(int pairs, Random random) {
        return PairBatch.of(Stream.generate(() -> {
                    int prompt = 1 + random.nextInt(5);
                    return new EncodedPair(
                            sequence(prompt, 1 + random.nextInt(6)), sequence(prompt, 1 + random.nextInt(6)));
                })
                .limit(pairs)
                .toList());
    }

    private static float[] likelihoods(PairBatch batch, Random random) {
        float[] nll = new float[batch.batch().tokens()];
        batch.forEachScored((n, _) -> nll[n] = (float) (6 * random.nextDouble()));
        return nll;
    }

    private static double[] reference(PairBatch batch, Random random) {
        return random.doubles(2L * batch.pairs(), -40, 0).toArray();
    }

    @Property(tries = 300)
    void gradientsAreTheDifferencesOfTheLoss(
            @ForAll PreferenceLoss loss,
            @ForAll @DoubleRange(min = 0.01, max = 2) double beta,
            @ForAll @DoubleRange(min = 0, max = 0.49) double smoothing,
            @ForAll boolean normalised,
            @ForAll @IntRange(min = 1, max = 4) int pairs,
            @ForAll long seed) {
        Random random = new Random(seed);
        PairBatch batch = batch(pairs, random);
        float[] nll = likelihoods(batch, random);
        PairObjective objective = new PairObjective(
                new PreferenceSettings(loss, beta, smoothing, normalised), batch, reference(batch, random), 0.5);
        float[] factors = new float[nll.length];
        objective.differentiate(nll, factors);
        float step = 1f / 256;
        for (int n = 0; n < nll.length; n++) {
            if (batch.batch().targets()[n] < 0) {
                assertThat(factors[n]).isZero();
                continue;
            }
            float[] above = nll.clone();
            float[] below = nll.clone();
            above[n] += step;
            below[n] -= step;
            double difference =
                    0.5 * (objective.evaluate(above) - objective.evaluate(below)) / ((double) above[n] - below[n]);
            // The hinge has a corner, where a difference is between the two slopes.
            double corner = loss == PreferenceLoss.HINGE ? 0.5 * beta : 0;
            assertThat((double) factors[n]).isCloseTo(difference, within(corner + 1e-4 * (1 + Math.abs(difference))));
        }
    }

    @Property(tries = 200)
    void pairsDoNotDependOnTheirMicroBatch(@ForAll PreferenceLoss loss, @ForAll boolean normalised, @ForAll long seed) {
        Random random = new Random(seed);
        PreferenceSettings settings = new PreferenceSettings(loss, 0.1, 0, normalised);
        EncodedPair one = new EncodedPair(sequence(2, 3), sequence(2, 5));
        EncodedPair two = new EncodedPair(sequence(4, 1), sequence(4, 2));
        PairBatch both = PairBatch.of(List.of(one, two));
        float[] nll = likelihoods(both, random);
        double[] reference = reference(both, random);
        float[] factors = new float[nll.length];
        PairObjective together = new PairObjective(settings, both, reference, 1);
        double sum = together.differentiate(nll, factors);
        int first = one.tokens();
        float[] alone = new float[first];
        float[] rest = new float[nll.length - first];
        double a = new PairObjective(settings, PairBatch.of(List.of(one)), Arrays.copyOf(reference, 2), 1)
                .differentiate(Arrays.copyOf(nll, first), alone);
        double b = new PairObjective(settings, PairBatch.of(List.of(two)), Arrays.copyOfRange(reference, 2, 4), 1)
                .differentiate(Arrays.copyOfRange(nll, first, nll.length), rest);
        assertThat(sum).isCloseTo(a + b, within(1e-9 * (1 + Math.abs(sum))));
        assertThat(Arrays.copyOf(factors, first)).isEqualTo(alone);
        assertThat(Arrays.copyOfRange(factors, first, nll.length)).isEqualTo(rest);
    }

    @Property(tries = 200)
    void lossesFallWithTheMarginAndTheirGradientsAreBounded(
            @ForAll @DoubleRange(min = -1e6, max = 1e6) double h,
            @ForAll @DoubleRange(min = 0.01, max = 2) double beta) {
        for (PreferenceLoss loss : List.of(PreferenceLoss.SIGMOID, PreferenceLoss.HINGE)) {
            assertThat(loss.value(h + 1, beta, 0)).isLessThanOrEqualTo(loss.value(h, beta, 0));
            assertThat(loss.value(h, beta, 0)).isFinite().isNotNegative();
            assertThat(loss.slope(h, beta, 0)).isBetween(-beta, 0.0);
        }
        double aim = 1 / (2 * beta);
        assertThat(PreferenceLoss.IPO.value(aim + h, beta, 0))
                .isCloseTo(PreferenceLoss.IPO.value(aim - h, beta, 0), within(1e-3 + 1e-9 * h * h));
        // With smoothing ε the best margin is where σ(βh) = 1 − ε.
        double best = Math.log(0.9 / 0.1) / beta;
        assertThat(PreferenceLoss.SIGMOID.slope(best, beta, 0.1)).isCloseTo(0, within(1e-12));
    }

    @Test
    void atTheReferenceEveryPairCostsLogTwoAndTeachesHalfBeta() {
        PairBatch batch = batch(3, new Random(1));
        float[] nll = likelihoods(batch, new Random(2));
        double[] reference = batch.logProbabilities(nll);
        float[] factors = new float[nll.length];
        PairObjective dpo =
                new PairObjective(new PreferenceSettings(PreferenceLoss.SIGMOID, 0.1, 0, false), batch, reference, 1);
        assertThat(dpo.differentiate(nll, factors)).isCloseTo(3 * Math.log(2), within(1e-12));
        batch.forEachScored((n, sequence) -> assertThat(factors[n]).isEqualTo(sequence % 2 == 0 ? 0.05f : -0.05f));
        assertThat(dpo.sums().get("rewards/margins")).isZero();
        assertThat(dpo.sums().get("rewards/accuracies")).isZero();
    }

    @Test
    void whatIsNoNumberStaysNone() {
        PairBatch batch = batch(1, new Random(1));
        float[] nll = likelihoods(batch, new Random(2));
        batch.forEachScored((n, _) -> nll[n] = Float.NaN);
        for (PreferenceLoss loss : PreferenceLoss.values()) {
            float[] factors = new float[nll.length];
            PairObjective objective =
                    new PairObjective(new PreferenceSettings(loss, 0.1, 0, false), batch, new double[2], 1);
            assertThat(objective.differentiate(nll, factors)).isNaN();
        }
        assertThatThrownBy(() -> new PairObjective(
                        new PreferenceSettings(PreferenceLoss.IPO, 0.1, 0, false), batch, new double[3], 1))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new PreferenceSettings(PreferenceLoss.IPO, 0, 0, false))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
