package dev.cria.data.chat;

import java.util.Arrays;
import java.util.BitSet;

/**
 * A conversation as ids.
 *
 * @param ids from BOS to the last id that is learnt; at least two
 * @param trained which of the ids the loss is taken on; never the first
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record EncodedConversation(int[] ids, BitSet trained) {
    /** What a label is where there is no loss. */
    public static final int MASKED = -100;

    /** Tokens it takes in a row: one less than its ids, since the last is only a target. */
    public int length() {
        return ids.length - 1;
    }

    /** What is to be predicted at each of the {@link #length} tokens; {@code ignored} where there is no loss. */
    public int[] targets(int ignored) {
        int[] targets = new int[length()];
        Arrays.setAll(targets, n -> trained.get(n + 1) ? ids[n + 1] : ignored);
        return targets;
    }

    /** The ids with {@value #MASKED} in place of those without a loss, as other libraries write labels. */
    public int[] labels() {
        int[] labels = new int[ids.length];
        Arrays.setAll(labels, n -> trained.get(n) ? ids[n] : MASKED);
        return labels;
    }
}
