package dev.cria.model.generation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class PromptLookupTest {
    private static List<Integer> guess(int most, int... context) {
        Guesser guesser = new Guesser(new Sampler(SamplingOptions.greedy()), new BitSet());
        return new PromptLookup()
                .guess(context, most, guesser).stream().map(Guess::id).toList();
    }

    @Test
    void whatFollowedTheLastTokensBeforeIsProposed() {
        assertThat(guess(3, 1, 5, 6, 7, 8, 9, 5, 6)).containsExactly(7, 8, 9);
        assertThat(guess(10, 1, 5, 6, 7, 8, 9, 5, 6)).containsExactly(7, 8, 9, 5, 6);
        // The longer match wins, and of equals the latest.
        assertThat(guess(1, 4, 5, 6, 7, 3, 5, 6, 8, 4, 5, 6)).containsExactly(7);
        assertThat(guess(1, 5, 6, 7, 3, 5, 6, 8, 4, 5, 6)).containsExactly(8);
        // A text that repeats one token goes on with it.
        assertThat(guess(2, 1, 7, 7, 7, 7)).containsExactly(7);
    }

    @Test
    void noMatchNoGuess() {
        assertThat(guess(4, 1)).isEmpty();
        assertThat(guess(4, 1, 2)).isEmpty();
        assertThat(guess(4, 1, 2, 3, 4)).isEmpty();
        // One token alone is no reason.
        assertThat(guess(4, 1, 2, 3, 2)).isEmpty();
    }

    @Property
    void guessesAreQuotations(
            @ForAll @Size(min = 1, max = 60) List<@IntRange(max = 3) Integer> text,
            @ForAll @IntRange(min = 1, max = 9) int most) {
        int[] context = text.stream().mapToInt(Integer::intValue).toArray();
        List<Integer> guesses = guess(most, context);
        assertThat(guesses).hasSizeLessThanOrEqualTo(most);
        if (!guesses.isEmpty()) {
            int n = context.length;
            boolean quoted = false;
            for (int at = 2; at < n && !quoted; at++) {
                quoted = context[at - 1] == context[n - 1]
                        && context[at - 2] == context[n - 2]
                        && at + guesses.size() <= n
                        && text.subList(at, at + guesses.size()).equals(guesses);
            }
            assertThat(quoted).isTrue();
        }
    }
}
