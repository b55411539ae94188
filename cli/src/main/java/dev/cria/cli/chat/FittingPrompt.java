package dev.cria.cli.chat;

import dev.cria.base.UserError;
import dev.cria.text.ChatMessage;
import java.util.List;
import java.util.function.Function;

/**
 * The ids of as much of a conversation as the context holds. Where it is full, the oldest turns go, and so many of them at once that half of
 * it is free: each time the beginning changes, everything has to be read again, and that should not happen at every turn.
 *
 * @param ids the prompt
 * @param forgotten turns that had to go this time
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
record FittingPrompt(int[] ids, int forgotten) {
    /** An answer shorter than this is none. */
    private static final int SHORTEST_ANSWER = 16;

    /**
     * Fits a conversation; it forgets what does not fit.
     *
     * @param encode the ids of messages, up to where the assistant is to speak
     * @param context tokens that fit
     * @param reserve room to leave for the answer, as long as anything can be forgotten for it
     * @throws UserError if the system message and the last message alone do not fit
     */
    static FittingPrompt of(
            Conversation conversation, Function<List<ChatMessage>, int[]> encode, int context, int reserve) {
        int before = conversation.forgotten();
        int limit = context - reserve;
        int[] ids = encode.apply(conversation.shown());
        if (ids.length > limit) {
            while (ids.length > limit / 2 && conversation.forgetOldest()) {
                ids = encode.apply(conversation.shown());
            }
        }
        int room = Math.min(SHORTEST_ANSWER, context / 4);
        if (ids.length > context - room) {
            throw new UserError(
                    "the message and what comes with it are " + ids.length + " tokens; the context holds " + context,
                    "say it shorter, or give a longer --context if the model allows one");
        }
        return new FittingPrompt(ids, conversation.forgotten() - before);
    }
}
