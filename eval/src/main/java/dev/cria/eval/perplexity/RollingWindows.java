package dev.cria.eval.perplexity;

import dev.cria.model.generation.ScoringPair;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a document into pieces that fit a model's context, so that each token is predicted exactly once: the first window predicts from the prefix
 * token on, every later one from the last token of the window before, and the last one is filled up from the left with tokens that were predicted
 * already. This is the rule of lm-evaluation-harness 0.4 with one token of context.
 */
final class RollingWindows {
    private RollingWindows() {}

    /**
     * The windows of a document.
     *
     * @param tokens [n] what is to be predicted
     * @param prefix the token before the first
     * @param contextLength most tokens that are read in a window
     */
    static List<ScoringPair> of(int[] tokens, int prefix, int contextLength) {
        List<ScoringPair> windows = new ArrayList<>();
        if (tokens.length == 0) {
            return windows;
        }
        int done = Math.min(contextLength, tokens.length);
        windows.add(ScoringPair.of(new int[] {prefix}, Arrays.copyOf(tokens, done)));
        while (done < tokens.length) {
            int end = Math.min(tokens.length, done + contextLength);
            // The last token is predicted, never read, so a window spans one token more than it reads.
            int[] context = Arrays.copyOfRange(tokens, end - contextLength - 1, done);
            windows.add(ScoringPair.of(context, Arrays.copyOfRange(tokens, done, end)));
            done = end;
        }
        return windows;
    }
}
