package dev.cria.eval.perplexity;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.model.generation.ScoringPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RollingWindowsTest {
    private static String describe(int tokens, int contextLength) {
        List<String> windows = new ArrayList<>();
        for (ScoringPair pair : RollingWindows.of(IntStream.range(0, tokens).toArray(), 99, contextLength)) {
            windows.add(Arrays.toString(pair.context()) + "->" + Arrays.toString(pair.continuation()));
        }
        return String.join(" ", windows);
    }

    @Test
    void theLastWindowIsFilledUpFromTheLeft() {
        assertThat(describe(0, 4)).isEmpty();
        assertThat(describe(3, 4)).isEqualTo("[99]->[0, 1, 2]");
        assertThat(describe(4, 4)).isEqualTo("[99]->[0, 1, 2, 3]");
        assertThat(describe(10, 4)).isEqualTo("[99]->[0, 1, 2, 3] [3]->[4, 5, 6, 7] [5, 6, 7]->[8, 9]");
        assertThat(describe(3, 1)).isEqualTo("[99]->[0] [0]->[1] [1]->[2]");
    }

    @Property
    void eachTokenIsPredictedOnceAfterTheOneBeforeIt(
            @ForAll @IntRange(max = 300) int tokens, @ForAll @IntRange(min = 1, max = 40) int contextLength) {
        int next = 0;
        for (ScoringPair pair : RollingWindows.of(IntStream.range(0, tokens).toArray(), -7, contextLength)) {
            int[] context = pair.context();
            int[] continuation = pair.continuation();
            assertThat(context[context.length - 1]).isEqualTo(next == 0 ? -7 : next - 1);
            assertThat(context.length + continuation.length).isLessThanOrEqualTo(contextLength + 1);
            for (int id : continuation) {
                assertThat(id).isEqualTo(next++);
            }
        }
        assertThat(next).isEqualTo(tokens);
    }

    @Test
    void wordsAreCountedAsPythonSplits() {
        assertThat(Perplexity.words("one two  three")).isEqualTo(3);
        assertThat(Perplexity.words(" one two\n")).isEqualTo(4);
        assertThat(Perplexity.words("")).isEqualTo(1);
        assertThat(Perplexity.words("a\u00a0b\u2003c\u0085d\u200be\u001cf")).isEqualTo(5);
    }
}
