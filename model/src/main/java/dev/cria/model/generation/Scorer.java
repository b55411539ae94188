package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.LlamaSession;
import dev.cria.text.Tokenizer;
import java.util.Arrays;

/**
 * Log-probabilities of continuations, tokenised and cut as lm-evaluation-harness 0.4 does: trailing spaces of the context move to the
 * continuation, both are encoded together, and what is too long for the model is cut from the context's left.
 */
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
        if (context.isEmpty()) {
            int[] ids = tokenizer.encodeWithSpecial(continuation);
            boolean hasBos = ids.length > 0 && ids[0] == tokenizer.bosId();
            return score(new int[] {tokenizer.bosId()}, hasBos ? Arrays.copyOfRange(ids, 1, ids.length) : ids);
        }
        String trimmed = context.stripTrailing();
        String moved = context.substring(trimmed.length()) + continuation;
        int[] contextIds = encode(trimmed, tokenizer, addBos);
        int[] whole = encode(trimmed + moved, tokenizer, addBos);
        int from = Math.min(contextIds.length, whole.length);
        return score(contextIds, Arrays.copyOfRange(whole, from, whole.length));
    }

    private static int[] encode(String text, Tokenizer tokenizer, boolean addBos) {
        int[] ids = tokenizer.encodeWithSpecial(text);
        if (!addBos) {
            return ids;
        }
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }

    /**
     * Scores ids.
     *
     * @throws UserError if the continuation is empty, longer than the context holds, or has nothing before it
     */
    public Score score(int[] context, int[] continuation) {
        if (continuation.length == 0) {
            throw new UserError("the continuation has no tokens", "give a continuation that is not empty");
        }
        if (context.length == 0) {
            throw new UserError("the context has no tokens", "begin it with the BOS token at least");
        }
        int longest = session.contextLength();
        if (continuation.length > longest) {
            throw new UserError(
                    "the continuation has " + continuation.length + " tokens; the model's context holds " + longest,
                    "shorten it");
        }
        // The last token is predicted, never read: context and continuation may together be one longer than the model's
        // context.
        int kept = Math.min(context.length, longest + 1 - continuation.length);
        int[] input = new int[kept + continuation.length - 1];
        System.arraycopy(context, context.length - kept, input, 0, kept);
        System.arraycopy(continuation, 0, input, kept, continuation.length - 1);
        int common = rewindToCommonPrefix(input, kept - 1);
        if (common < kept - 1) {
            session.append(Arrays.copyOfRange(input, common, kept - 1));
        }
        Sum sum = new Sum();
        session.forward(Arrays.copyOfRange(input, kept - 1, input.length), (first, rows) -> {
            for (int i = 0; i < rows.size(0); i++) {
                session.download(rows.rows(i, i + 1), logits);
                sum.add(logits, continuation[first + i]);
            }
        });
        cached = input;
        return new Score(sum.logProbability, sum.greedy, continuation.length, context.length, kept);
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
