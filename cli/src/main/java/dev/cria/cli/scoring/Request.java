package dev.cria.cli.scoring;

import dev.cria.text.Tokenizer;
import java.util.Arrays;

/**
 * A continuation to score, as ids.
 *
 * @param ids context, then continuation
 * @param contextLength how many of them are context; at least one
 */
@SuppressWarnings("ArrayRecordComponent") // made, scored, dropped; never compared
record Request(int[] ids, int contextLength) {
    /**
     * Splits text into ids as lm-evaluation-harness does: white space at the context's end moves to the continuation, both are encoded
     * together, and as many ids as the context alone has are cut off the front. An empty context is the BOS token alone.
     */
    static Request of(Tokenizer tokenizer, String context, String continuation, boolean addBos) {
        String kept = context.stripTrailing();
        if (context.isEmpty()) {
            return new Request(withBos(tokenizer, tokenizer.encodeWithSpecial(continuation)), 1);
        }
        int[] whole = tokenizer.encodeWithSpecial(context + continuation);
        int[] front = kept.isEmpty() ? new int[0] : tokenizer.encodeWithSpecial(kept);
        int contextLength = Math.min(front.length, whole.length);
        if (addBos || contextLength == 0) {
            return new Request(withBos(tokenizer, whole), contextLength + 1);
        }
        return new Request(whole, contextLength);
    }

    private static int[] withBos(Tokenizer tokenizer, int[] ids) {
        int[] all = new int[ids.length + 1];
        all[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, all, 1, ids.length);
        return all;
    }

    int continuationLength() {
        return ids.length - contextLength;
    }

    /**
     * The same cut from the left, so that what is fed (everything but the last id) fits {@code positions}. At least one id of context stays;
     * a continuation that leaves no room for it cannot be cut.
     */
    Request fit(int positions) {
        int excess = ids.length - (positions + 1);
        return excess <= 0 ? this : new Request(Arrays.copyOfRange(ids, excess, ids.length), contextLength - excess);
    }
}
