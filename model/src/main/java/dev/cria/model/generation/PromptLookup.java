package dev.cria.model.generation;

import java.util.ArrayList;
import java.util.List;

/**
 * Guesses that a text repeats itself: where its last tokens stood before, what followed them is proposed. It needs no second model, and pays
 * where an answer quotes its prompt, as in summaries, corrections and code.
 */
public final class PromptLookup implements DraftSource {
    private static final int LONGEST = 8;
    private static final int SHORTEST = 2;

    /** The longest match wins, and of equals the latest. */
    @Override
    public List<Guess> guess(int[] context, int most, Guesser guesser) {
        int n = context.length;
        int bestLength = SHORTEST - 1;
        int bestEnd = 0;
        // The match ends before position `end`, so that something follows it.
        for (int end = n - 1; end > bestLength && bestLength < LONGEST; end--) {
            int length = 0;
            while (length < LONGEST && length < end && context[end - 1 - length] == context[n - 1 - length]) {
                length++;
            }
            if (length > bestLength) {
                bestLength = length;
                bestEnd = end;
            }
        }
        List<Guess> guesses = new ArrayList<>();
        if (bestLength >= SHORTEST) {
            for (int i = bestEnd; i < n && guesses.size() < most; i++) {
                guesses.add(Guess.certain(context[i]));
            }
        }
        return guesses;
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
