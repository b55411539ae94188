package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.model.TreeSession;
import dev.cria.model.TreeSessions;
import dev.cria.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Log-probabilities of many continuations at once: what pairs have in common at the beginning is computed once, be it the context of all choices
 * of a question or the examples before all questions of a task. A pair's score has the same bits whatever pairs come with it. Not thread-safe.
 */
public final class BatchScorer implements AutoCloseable {
    /** Tokens that one walk reads, at least: each wastes half a pass. */
    private static final long LEAST_TOKENS = 2048;

    /** At most: scores are not to be long in coming. */
    private static final long MOST_TOKENS = 1 << 14;

    /** Walks for each thread, where there are tokens enough, so that threads end together. */
    private static final int WALKS_A_THREAD = 4;

    private final TreeSessions sessions;

    /** Hears of scores as they are complete. */
    @FunctionalInterface
    public interface Listener {
        /** @param pair its index among those that are scored; each comes once, in any order, one at a time but from any thread */
        void scored(int pair, Score score);
    }

    /**
     * A scorer with memory of its own beside the model.
     *
     * @param contextLength most tokens of a pair, less one
     * @throws UserError if the model holds no context as long as that
     */
    public BatchScorer(LlamaModel model, int contextLength) {
        this.sessions = model.newTreeSessions(contextLength);
    }

    /** Most tokens of a pair, less one. */
    public int contextLength() {
        return sessions.contextLength();
    }

    /** Scores pairs; see {@link #score(List, Listener)}. */
    public List<Score> score(List<ScoringPair> pairs) {
        @Nullable Score[] scores = new Score[pairs.size()];
        score(pairs, (pair, score) -> scores[pair] = score);
        return Arrays.stream(scores).map(Objects::requireNonNull).toList();
    }

    /**
     * Scores pairs. Memory grows with their tokens by some 30 bytes each.
     *
     * @throws UserError if a continuation is longer than the context, an id outside the vocabulary, or the model's logits are not finite
     */
    public void score(List<ScoringPair> pairs, Listener listener) {
        SortedPairs sorted = SortedPairs.of(pairs, sessions.contextLength());
        Sums sums = new Sums(pairs, listener);
        List<SortedPairs.Range> ranges = ranges(sorted);
        sessions.run(ranges.size(), (part, session) -> walk(sorted, ranges.get(part), session, sums));
    }

    private List<SortedPairs.Range> ranges(SortedPairs sorted) {
        if (sorted.order().length == 0) {
            return List.of();
        }
        long tokens = sorted.tokens();
        int atOnce = sessions.atOnce();
        if (atOnce == 1 || tokens < 2 * LEAST_TOKENS) {
            return List.of(sorted.all());
        }
        return sorted.cut(Math.clamp(tokens / ((long) atOnce * WALKS_A_THREAD), LEAST_TOKENS, MOST_TOKENS));
    }

    private void walk(SortedPairs sorted, SortedPairs.Range range, TreeSession session, Sums sums) {
        ScoringPlan plan = ScoringPlan.of(sorted, range, sessions.contextLength(), session.path());
        Wants wants = plan.wants();
        session.walk(
                plan.ids(),
                plan.positions(),
                wants.tokens(),
                (first, logits) -> take(wants, first, logits, session, sums));
    }

    /** Takes from rows of logits what is wanted of them: the first target of every row, then the second where there is one, and so on. */
    private static void take(Wants wants, int first, Tensor logits, TreeSession session, Sums sums) {
        int[] targets = new int[logits.size(0)];
        int[] likeliest = session.likeliest(logits);
        int rounds = wants.rounds(first, targets.length);
        for (int round = 0; round < rounds; round++) {
            wants.targets(first, round, targets);
            sums.add(wants, first, round, session.losses(logits, targets), likeliest);
        }
    }

    @Override
    public void close() {
        sessions.close();
    }

    /** What is known of each pair so far; its tokens come in their order. */
    private final class Sums {
        private final List<ScoringPair> pairs;
        private final Listener listener;
        private final double[] logProbability;
        private final boolean[] surprised;
        private final int[] left;

        Sums(List<ScoringPair> pairs, Listener listener) {
            this.pairs = pairs;
            this.listener = listener;
            this.logProbability = new double[pairs.size()];
            this.surprised = new boolean[pairs.size()];
            this.left = pairs.stream().mapToInt(ScoringPair::continuationTokens).toArray();
        }

        /** The tokens' targets of a round, for every pair that wants them: {@code losses} and what would have been likeliest. */
        void add(Wants wants, int first, int round, float[] losses, int[] likeliest) {
            for (int i = 0; i < losses.length; i++) {
                int target = wants.target(first + i, round);
                if (target >= 0) {
                    boolean isLikeliest = wants.targets()[target] == likeliest[i];
                    for (int p = wants.firstPair()[target]; p < wants.firstPair()[target + 1]; p++) {
                        add(wants.pairs()[p], -losses[i], isLikeliest);
                    }
                }
            }
        }

        private void add(int i, double logProbabilityOfToken, boolean likeliest) {
            logProbability[i] += logProbabilityOfToken;
            surprised[i] |= !likeliest;
            left[i]--;
            if (left[i] == 0) {
                ScoringPair pair = pairs.get(i);
                Score score = new Score(
                        logProbability[i],
                        !surprised[i],
                        pair.continuationTokens(),
                        pair.contextTokens(),
                        pair.contextTokensKept(sessions.contextLength()));
                synchronized (this) {
                    listener.scored(i, score);
                }
            }
        }
    }
}
