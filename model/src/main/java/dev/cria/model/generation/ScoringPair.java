package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.text.Tokenizer;
import java.util.Arrays;

/**
 * A context and a continuation whose probability is wanted, as ids. Text is tokenised and what is too long is cut as lm-evaluation-harness 0.4
 * does: trailing spaces of the context move to the continuation, both are encoded together, and the context is cut from the left. Immutable.
 */
public final class ScoringPair {
    private final int[] context;
    private final int[] continuation;

    private ScoringPair(int[] context, int[] continuation) {
        this.context = context;
        this.continuation = continuation;
    }

    /**
     * A pair of ids.
     *
     * @throws UserError if one of them has no tokens
     */
    public static ScoringPair of(int[] context, int[] continuation) {
        if (continuation.length == 0) {
            throw new UserError("the continuation has no tokens", "give a continuation that is not empty");
        }
        if (context.length == 0) {
            throw new UserError("the context has no tokens", "begin it with the BOS token at least");
        }
        return new ScoringPair(context.clone(), continuation.clone());
    }

    /**
     * A pair of texts.
     *
     * @param addBos whether BOS stands before the context; an empty context is BOS in any case
     * @throws UserError if one of them has no tokens
     */
    public static ScoringPair of(String context, String continuation, Tokenizer tokenizer, boolean addBos) {
        if (context.isEmpty()) {
            int[] ids = tokenizer.encodeWithSpecial(continuation);
            boolean hasBos = ids.length > 0 && ids[0] == tokenizer.bosId();
            return of(new int[] {tokenizer.bosId()}, hasBos ? Arrays.copyOfRange(ids, 1, ids.length) : ids);
        }
        String trimmed = context.stripTrailing();
        String moved = context.substring(trimmed.length()) + continuation;
        int[] contextIds = encode(trimmed, tokenizer, addBos);
        int[] whole = encode(trimmed + moved, tokenizer, addBos);
        int from = Math.min(contextIds.length, whole.length);
        return of(contextIds, Arrays.copyOfRange(whole, from, whole.length));
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

    /** Tokens of the context, before any is cut. */
    public int contextTokens() {
        return context.length;
    }

    /** Tokens of the continuation. */
    public int continuationTokens() {
        return continuation.length;
    }

    /** The ids of the context, before any is cut. */
    public int[] context() {
        return context.clone();
    }

    /** The ids of the continuation. */
    public int[] continuation() {
        return continuation.clone();
    }

    /**
     * How many tokens of the context are read where {@code longest} fit. The last token is predicted, never read: both may together be one longer
     * than that.
     *
     * @throws UserError if the continuation alone is longer
     */
    public int contextTokensKept(int longest) {
        if (continuation.length > longest) {
            throw new UserError(
                    "the continuation has " + continuation.length + " tokens; the model's context holds " + longest,
                    "shorten it");
        }
        return Math.min(context.length, longest + 1 - continuation.length);
    }

    /** What is read where {@code longest} tokens fit: the end of the context, and the continuation less its last token. */
    int[] input(int longest) {
        int kept = contextTokensKept(longest);
        int[] input = new int[kept + continuation.length - 1];
        System.arraycopy(context, context.length - kept, input, 0, kept);
        System.arraycopy(continuation, 0, input, kept, continuation.length - 1);
        return input;
    }

    /** Token {@code i} of the continuation. */
    int target(int i) {
        return continuation[i];
    }
}
