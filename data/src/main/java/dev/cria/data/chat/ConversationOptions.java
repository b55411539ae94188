package dev.cria.data.chat;

/**
 * How conversations are taken.
 *
 * @param everything whether the loss is taken on all tokens, not on the assistant's alone
 * @param onBad what becomes of conversations with a {@link Fault}
 * @param onLong what becomes of conversations longer than the context
 * @param context most tokens of a conversation
 */
public record ConversationOptions(boolean everything, OnBad onBad, OnLong onLong, int context) {
    /** For conversations that cannot be learnt from. */
    public enum OnBad {
        /** They are left out and counted. */
        SKIP,
        /** The first one is an error. */
        STOP
    }

    /** For conversations that do not fit. */
    public enum OnLong {
        /** Their last turns are left out and counted; a conversation whose first exchange does not fit is a bad one. */
        CUT,
        /** They are left out and counted. */
        SKIP,
        /** The first one is an error. */
        STOP
    }
}
