package dev.cria.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import dev.cria.data.TestDatasets.Counting;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SamplingPropertiesTest {
    @Property(tries = 300)
    void aPermutationIsABijection(@ForAll @IntRange(min = 1, max = 5000) int n, @ForAll long seed, @ForAll long tweak) {
        IndexPermutation permutation = new IndexPermutation(n, seed, tweak);
        BitSet seen = new BitSet(n);
        for (int i = 0; i < n; i++) {
            long to = permutation.apply(i);
            assertThat(to).isBetween(0L, n - 1L);
            seen.set((int) to);
        }
        assertThat(seen.cardinality()).isEqualTo(n);
    }

    @Property(tries = 200)
    void hugePermutationsStayInRangeAndDoNotCollide(
            @ForAll @LongRange(min = 1L << 32, max = 1L << 60) long n, @ForAll long seed) {
        IndexPermutation permutation = new IndexPermutation(n, seed, 0);
        Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 200; i++) {
            long to = permutation.apply(i);
            assertThat(to).isBetween(0L, n - 1);
            assertThat(seen.add(to)).isTrue();
        }
    }

    @Test
    void aPermutationShuffles() {
        // Of a random permutation, 1 element in n stays and about half of all neighbours are in rising order.
        int n = 100_000;
        IndexPermutation permutation = new IndexPermutation(n, 1, 2);
        int fixed = 0;
        int rising = 0;
        long correlation = 0;
        for (int i = 0; i < n; i++) {
            long to = permutation.apply(i);
            fixed += to == i ? 1 : 0;
            rising += i > 0 && permutation.apply(i - 1) < to ? 1 : 0;
            correlation += (2L * i - n) * (2 * to - n) / n;
        }
        assertThat(fixed).isLessThan(10);
        assertThat(rising).isBetween(49_000, 51_000);
        // Standard deviation is n^1.5 / 3; five of them.
        assertThat(Math.abs(correlation)).isLessThan((long) (5 * Math.pow(n, 1.5) / 3));
    }

    @Property(tries = 100)
    void everyEpochTakesEverySequenceOnce(
            @ForAll @IntRange(min = 2, max = 3000) int tokens,
            @ForAll @IntRange(min = 1, max = 40) int length,
            @ForAll long seed) {
        Assume.that(tokens > length);
        PackedSamples samples = new PackedSamples(new Counting(tokens, "x"), length, seed);
        int n = (int) samples.samplesPerEpoch();
        assertThat(n * (long) length + samples.droppedTokens() + 1).isEqualTo(tokens);
        assertThat(samples.droppedTokens()).isBetween(0L, length - 1L);
        int[] sample = new int[length + 1];
        for (int epoch = 0; epoch < 3; epoch++) {
            BitSet seen = new BitSet();
            for (int i = 0; i < n; i++) {
                samples.read((long) epoch * n + i, sample, 0);
                assertThat(sample[0] % length).isZero();
                assertThat(sample[length]).isEqualTo(sample[0] + length);
                seen.set(sample[0] / length);
            }
            assertThat(seen.cardinality()).isEqualTo(n);
        }
    }

    @Test
    void epochsDifferInOrderAndEqualSeedsAgree() {
        PackedSamples a = new PackedSamples(new Counting(1001, "x"), 10, 5);
        PackedSamples b = new PackedSamples(new Counting(1001, "x"), 10, 5);
        List<Long> first = new ArrayList<>();
        List<Long> second = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            assertThat(a.sequence(i)).isEqualTo(b.sequence(i));
            first.add(a.sequence(i));
            second.add(a.sequence(100 + i));
        }
        assertThat(first).isNotEqualTo(second).containsExactlyInAnyOrderElementsOf(second);
        assertThat(new PackedSamples(new Counting(1001, "x"), 10, 6).fingerprint())
                .isNotEqualTo(a.fingerprint());
    }

    @Property(tries = 60)
    void aMixtureHasExactQuotasAndReadsEachPartInOrder(
            @ForAll @Size(min = 1, max = 6) List<@DoubleRange(min = 0.01, max = 1) Double> weights,
            @ForAll long seed,
            @ForAll @LongRange(min = 0, max = 1L << 40) long block) {
        Mixture mixture = mixture(weights, seed);
        assertThat(mixture.quotas().stream().mapToInt(i -> i).sum()).isEqualTo(Mixture.BLOCK);
        double sum = weights.stream().mapToDouble(d -> d).sum();
        for (int p = 0; p < weights.size(); p++) {
            assertThat((double) mixture.quotas().get(p))
                    .isCloseTo(weights.get(p) / sum * Mixture.BLOCK, org.assertj.core.api.Assertions.within(1.0));
        }
        // Sequentially through a block: each part's index goes up by one each time, from its quota times the block.
        Map<Integer, Long> next = new HashMap<>();
        for (int p = 0; p < weights.size(); p++) {
            next.put(p, block * mixture.quotas().get(p));
        }
        for (int i = 0; i < Mixture.BLOCK; i++) {
            Mixture.Position position = mixture.position(block * Mixture.BLOCK + i);
            assertThat(position.index()).isEqualTo(next.get(position.part()));
            next.merge(position.part(), 1L, Long::sum);
        }
        for (int p = 0; p < weights.size(); p++) {
            assertThat(next.get(p)).isEqualTo((block + 1) * mixture.quotas().get(p));
        }
    }

    @Property(tries = 60)
    void progressCountsWhatWasRead(
            @ForAll @Size(min = 1, max = 4) List<@DoubleRange(min = 0.01, max = 1) Double> weights,
            @ForAll long seed,
            @ForAll @IntRange(min = 0, max = 25_000) int samples) {
        Mixture mixture = mixture(weights, seed);
        long[] counted = new long[weights.size()];
        for (int i = 0; i < samples; i++) {
            counted[mixture.position(i).part()]++;
        }
        List<Mixture.Progress> progress = mixture.progress(samples);
        for (int p = 0; p < counted.length; p++) {
            assertThat(progress.get(p).samples()).isEqualTo(counted[p]);
            assertThat(progress.get(p).epochs()).isEqualTo(counted[p] / 20.0);
        }
    }

    @Property(tries = 40)
    void ranksOfAnyWorldSizeTakeTheSameSamples(
            @ForAll @IntRange(min = 1, max = 8) int worldSize, @ForAll @IntRange(min = 1, max = 5) int each) {
        // A step's global batch, cut among ranks by index: the union does not depend on the cut.
        Mixture mixture = mixture(List.of(0.7, 0.3), 3);
        int batch = worldSize * each;
        Set<Mixture.Position> together = new HashSet<>();
        for (int rank = 0; rank < worldSize; rank++) {
            for (int i = 0; i < each; i++) {
                assertThat(together.add(mixture.position(1000L * batch + rank * each + i)))
                        .isTrue();
            }
        }
        Set<Mixture.Position> alone = new HashSet<>();
        for (int i = 0; i < batch; i++) {
            alone.add(mixture.position(1000L * batch + i));
        }
        assertThat(together).isEqualTo(alone);
    }

    @Test
    void aMixtureOfOneIsThatOne() {
        PackedSamples only = new PackedSamples(new Counting(101, "x"), 10, 9);
        Mixture mixture = new Mixture(List.of(new Mixture.Part("only", only, 3)), 1);
        int[] a = new int[11];
        int[] b = new int[11];
        for (int i = 0; i < 35; i++) {
            only.read(i, a, 0);
            mixture.read(i, b, 0);
            assertThat(b).isEqualTo(a);
        }
    }

    @Test
    void fingerprintsCoverDataAndWeights() {
        PackedSamples x = new PackedSamples(new Counting(101, "x"), 10, 9);
        PackedSamples y = new PackedSamples(new Counting(101, "y"), 10, 9);
        String base = two(x, y, 1, 1).fingerprint();
        assertThat(two(x, y, 2, 2).fingerprint()).isEqualTo(base);
        assertThat(two(x, y, 2, 1).fingerprint()).isNotEqualTo(base);
        assertThat(two(x, x, 1, 1).fingerprint()).isNotEqualTo(base);
    }

    @Test
    void mistakesAreRefused() {
        PackedSamples x = new PackedSamples(new Counting(101, "x"), 10, 9);
        PackedSamples longer = new PackedSamples(new Counting(101, "x"), 20, 9);
        assertThatThrownBy(() -> two(x, x, 0, 1)).isInstanceOf(UserError.class).hasMessageContaining("weight");
        assertThatThrownBy(() -> two(x, x, Double.NaN, 1)).isInstanceOf(UserError.class);
        assertThatThrownBy(() -> two(x, x, 1e-9, 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("below");
        assertThatThrownBy(() -> two(x, longer, 1, 1))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("lengths");
        assertThatThrownBy(() -> new PackedSamples(new Counting(10, "x"), 10, 9))
                .isInstanceOf(UserError.class)
                .hasMessageContaining("10 tokens");
    }

    @Test
    void validationWindowsComeInOrderAndOnce() {
        ValidationWindows windows = new ValidationWindows(new Counting(35, "x"), 10);
        assertThat(windows.samplesPerEpoch()).isEqualTo(3);
        int[] tokens = new int[12];
        windows.read(2, tokens, 1);
        assertThat(tokens).containsExactly(0, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
        assertThatThrownBy(() -> windows.read(3, tokens, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(new ValidationWindows(new Counting(0, "x"), 10).samplesPerEpoch())
                .isZero();
    }

    private static Mixture two(SampleSource a, SampleSource b, double weightA, double weightB) {
        return new Mixture(List.of(new Mixture.Part("a", a, weightA), new Mixture.Part("b", b, weightB)), 1);
    }

    private static Mixture mixture(List<Double> weights, long seed) {
        List<Mixture.Part> parts = new ArrayList<>();
        for (double weight : weights) {
            parts.add(new Mixture.Part("p", new PackedSamples(new Counting(201, "x"), 10, seed), weight));
        }
        return new Mixture(parts, seed);
    }
}
