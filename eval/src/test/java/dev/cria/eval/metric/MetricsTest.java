package dev.cria.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class MetricsTest {
    @Test
    void theFirstOfEqualChoicesIsTaken() {
        ChoiceScore score =
                ChoiceScore.of(new double[] {-6, -4, -4, -9}, new int[] {6, 2, 4, 9}, new int[] {6, 2, 4, 18});
        assertThat(score).isEqualTo(new ChoiceScore(1, 0, 3));
        assertThat(ChoiceScore.of(new double[] {-1, -9}, new int[] {0, 9}, new int[] {0, 9})
                        .normalized())
                .isEqualTo(1);
    }

    @Test
    void noChoiceCanBeMadeOfNaN() {
        assertThatThrownBy(() -> ChoiceScore.of(new double[] {-1, Double.NaN}, new int[] {1, 1}, new int[] {1, 1}))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("choice 1 is NaN");
    }

    @Test
    void standardErrorsAreTheHarnesss() {
        Aggregate a = Aggregate.of(List.of(1.0, 0.0, 0.0, 1.0, 1.0));
        Aggregate b = Aggregate.of(List.of(0.0, 0.0, 1.0));
        Aggregate c = Aggregate.of(List.of(1.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0));
        assertThat(a.value()).isEqualTo(0.6);
        assertThat(a.standardError().orElseThrow()).isEqualTo(0.24494897427831783, within(1e-15));
        Aggregate pooled = Aggregate.combine(List.of(a, b, c), true);
        assertThat(pooled.value()).isEqualTo(7 / 16.0, within(1e-15));
        assertThat(pooled.documents()).isEqualTo(16);
        assertThat(pooled.standardError().orElseThrow()).isEqualTo(0.1341222653077484, within(1e-15));
        Aggregate plain = Aggregate.combine(List.of(a, b, c), false);
        assertThat(plain.value()).isEqualTo((0.6 + 1 / 3.0 + 0.375) / 3, within(1e-15));
        assertThat(plain.standardError().orElseThrow()).isEqualTo(0.15077328600999065, within(1e-15));
    }

    @Test
    void oneDocumentHasNoError() {
        Aggregate one = Aggregate.of(List.of(1.0));
        assertThat(one.standardError()).isEmpty();
        assertThat(Aggregate.combine(List.of(one, Aggregate.of(List.of(0.0, 1.0))), true)
                        .standardError())
                .isEmpty();
        assertThatThrownBy(() -> Aggregate.of(List.of())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void passAtK() {
        assertThat(PassAtK.of(1, 1, 1)).isEqualTo(1);
        assertThat(PassAtK.of(10, 3, 1)).isEqualTo(0.3, within(1e-12));
        assertThat(PassAtK.of(10, 3, 5)).isEqualTo(1 - 21.0 / 252, within(1e-12));
        assertThat(PassAtK.of(10, 6, 5)).isEqualTo(1);
        assertThatThrownBy(() -> PassAtK.of(4, 2, 5)).isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 200)
    void passAtKIsTheShareOfDrawsWithARightOne(
            @ForAll @IntRange(min = 1, max = 12) int tried,
            @ForAll @IntRange(min = 0, max = 12) int passed,
            @ForAll @IntRange(min = 1, max = 12) int k) {
        int right = Math.min(passed, tried);
        int drawn = Math.min(k, tried);
        long all = 0;
        long good = 0;
        for (int mask = 0; mask < 1 << tried; mask++) {
            if (Integer.bitCount(mask) == drawn) {
                all++;
                good += (mask & ((1 << right) - 1)) != 0 ? 1 : 0;
            }
        }
        assertThat(PassAtK.of(tried, right, drawn)).isEqualTo((double) good / all, within(1e-12));
    }

    @Test
    void textsMatchWhole() {
        assertThat(TextMatch.EXACT.exact(" True", "True")).isZero();
        assertThat(TextMatch.EXACT.exact("true", "True")).isZero();
        assertThat(new TextMatch(true, true, false).exact("(b).", "B")).isEqualTo(1);
        assertThat(new TextMatch(false, false, true).exact("b2", "b17")).isEqualTo(1);
        assertThat(TextMatch.startsWith("\n 2000 francs", "2000")).isEqualTo(1);
        assertThat(TextMatch.startsWith("about 2000", "2000")).isZero();
    }
}
