package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.LlamaSession;
import dev.cria.text.Tokenizer;
import java.util.Arrays;

/** The reference of {@link BatchScorer}: pair by pair on a session, one row of logits at a time, sums in double precision. */
public final class Scorer {
    private final LlamaSession session;
    private final float[] logits;
    private int[] cached = new int[0];

    /** @param session its whole context is used, and what it holds is forgotten */
    public Scorer(LlamaSession session) {
        this.session = session;
        this.logits = new float[session.config().vocabSize()];
        session.reset();
    }

    /**
     * Scores text.
     *
     * @param addBos whether BOS stands before the context; an empty context is BOS in any case
     * @throws UserError if the continuation has no token, or more than the context holds
     */
    public Score score(String context, String continuation, Tokenizer tokenizer, boolean addBos) {
        return score(ScoringPair.of(context, continuation, tokenizer, addBos));
    }

    /**
     * Scores ids.
     *
     * @throws UserError if the continuation is empty, longer than the context holds, or has nothing before it
     */
    public Score score(int[] context, int[] continuation) {
        return score(ScoringPair.of(context, continuation));
    }

    private Score score(ScoringPair pair) {
        int kept = pair.contextTokensKept(session.contextLength());
        int[] input = pair.input(session.contextLength());
        int common = rewindToCommonPrefix(input, kept - 1);
        if (common < kept - 1) {
            session.append(Arrays.copyOfRange(input, common, kept - 1));
        }
        Sum sum = new Sum();
        session.forward(Arrays.copyOfRange(input, kept - 1, input.length), (first, rows) -> {
            for (int i = 0; i < rows.size(0); i++) {
                session.download(rows.rows(i, i + 1), logits);
                sum.add(logits, pair.target(first + i));
            }
        });
        cached = input;
        return new Score(sum.logProbability, sum.greedy, pair.continuationTokens(), pair.contextTokens(), kept);
    }

    /** Keeps what the cache already holds of the input, at most {@code limit} tokens; choices of one question share their context. */
    private int rewindToCommonPrefix(int[] input, int limit) {
        int most = Math.min(Math.min(limit, cached.length), session.length());
        int mismatch = Arrays.mismatch(cached, 0, most, input, 0, most);
        int common = mismatch < 0 ? most : mismatch;
        cached = new int[0];
        session.truncate(common);
        return common;
    }

    private static final class Sum {
        private double logProbability;
        private boolean greedy = true;

        void add(float[] logits, int target) {
            float maximum = Float.NEGATIVE_INFINITY;
            int best = 0;
            for (int v = 0; v < logits.length; v++) {
                if (logits[v] > maximum) {
                    maximum = logits[v];
                    best = v;
                }
            }
            double total = 0;
            for (float logit : logits) {
                total += Math.exp(logit - maximum);
            }
            logProbability += (double) logits[target] - maximum - Math.log(total);
            greedy &= best == target;
        }
    }
}
