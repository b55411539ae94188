package dev.cria.train.align;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PairPackingTest {
    @Property(tries = 300)
    void stretchesAreAllInOrderAndAsFullAsTheNextPairAllows(
            @ForAll @Size(max = 40) List<@IntRange(min = 1, max = 20) Integer> sizes) {
        List<List<Integer>> stretches = PairPacking.cut(sizes, size -> size, 32);
        assertThat(stretches.stream().flatMap(List::stream)).containsExactlyElementsOf(sizes);
        for (int i = 0; i < stretches.size(); i++) {
            int sum = stretches.get(i).stream().mapToInt(size -> size).sum();
            assertThat(sum).isBetween(1, 32);
            if (i + 1 < stretches.size()) {
                assertThat(sum + stretches.get(i + 1).getFirst()).isGreaterThan(32);
            }
        }
    }

    @Test
    void whatFitsNowhereIsAMistakeOfTheCaller() {
        assertThatThrownBy(() -> PairPacking.cut(List.of(33), size -> size, 32))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
