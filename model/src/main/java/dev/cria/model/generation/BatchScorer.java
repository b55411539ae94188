package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.LlamaModel;
import dev.cria.model.TreeSession;
import dev.cria.model.TreeSessions;
import dev.cria.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
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
        List<List<ScoringPlan.Want>> wants = plan.wants();
        int[] wanted = IntStream.range(0, wants.size())
                .filter(token -> !wants.get(token).isEmpty())
                .toArray();
        session.walk(plan.ids(), plan.positions(), wanted, (first, logits) -> {
            int n = logits.size(0);
            List<List<ScoringPlan.Want>> rows = IntStream.range(first, first + n)
                    .mapToObj(row -> wants.get(wanted[row]))
                    .toList();
            take(rows, logits, session, sums);
        });
    }

    /** Takes from rows of logits what is wanted of them: the first target of every row, then the second where there is one, and so on. */
    private static void take(List<List<ScoringPlan.Want>> rows, Tensor logits, TreeSession session, Sums sums) {
        int rounds = rows.stream().mapToInt(List::size).max().orElse(0);
        for (int round = 0; round < rounds; round++) {
            int[] targets = new int[rows.size()];
            for (int i = 0; i < targets.length; i++) {
                targets[i] = round < rows.get(i).size() ? rows.get(i).get(round).target() : -1;
            }
            float[] losses = session.losses(logits, targets);
            for (int i = 0; i < targets.length; i++) {
                if (targets[i] >= 0) {
                    boolean likeliest = session.isLikeliest(logits.rows(i, i + 1L), targets[i]);
                    for (int pair : rows.get(i).get(round).pairs()) {
                        sums.add(pair, -losses[i], likeliest);
                    }
                }
            }
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

        void add(int i, double logProbabilityOfToken, boolean likeliest) {
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
