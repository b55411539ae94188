package dev.cria.data.chat;

import dev.cria.base.UserError;
import dev.cria.data.JsonRows;
import dev.cria.data.chat.ConversationOptions.OnLong;
import dev.cria.data.chat.RowIntake.Taken;
import dev.cria.text.ChatMessage;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Conversations as ids, in the order of their files, outside the heap; and how many were left out or cut, and why. Of the words only the first
 * {@value SetPart#SHOWN} conversations' are kept.
 *
 * @param conversations what is learnt from; each is made anew when it is asked for
 * @param first what was said in the first of them, after cutting
 * @param tokens tokens of all conversations
 * @param trainedTokens tokens that the loss is taken on
 * @param faults conversations left out, by reason
 * @param cut conversations whose last turns were left out
 */
public record ConversationSet(
        List<EncodedConversation> conversations,
        List<Conversation> first,
        long tokens,
        long trainedTokens,
        Map<Fault, Long> faults,
        long cut) {
    public ConversationSet {
        conversations = Collections.unmodifiableList(conversations);
        first = List.copyOf(first);
        faults = Map.copyOf(faults);
    }

    /**
     * Conversations in two parts.
     *
     * @param train what is left
     * @param heldOut what is held out
     */
    public record Split(ConversationSet train, ConversationSet heldOut) {}

    /** Reads files, or folders of files, of conversations; errors as {@link #read(List, ChatEncoder, ConversationOptions, double, ReadingListener)}. */
    public static ConversationSet read(List<Path> paths, ChatEncoder encoder, ConversationOptions options) {
        return read(paths, encoder, options, 0, ReadingListener.NONE).train();
    }

    /**
     * Reads files, or folders of files, of conversations, and parts some off for validation: which side one falls on is decided by its ids alone.
     *
     * @param fraction share to hold out; where it is over 0 and there are two conversations, at least one is held out and one kept
     * @return two parts with the counts of both
     * @throws UserError if there are none, none that can be learnt from, or a bad one where that is to stop the run
     */
    public static Split read(
            List<Path> paths,
            ChatEncoder encoder,
            ConversationOptions options,
            double fraction,
            ReadingListener listener) {
        ConversationStore trainStore = new ConversationStore();
        ConversationStore heldStore = new ConversationStore();
        SetPart<EncodedConversation, Conversation> train = new SetPart<>(trainStore);
        SetPart<EncodedConversation, Conversation> held = new SetPart<>(heldStore);
        RowIntake<Both> intake = new RowIntake<>(
                "conversation",
                options,
                row -> take(row, encoder, options),
                each -> (each.place() < fraction ? held : train).add(each.encoded(), each.conversation()));
        intake.read(paths, listener);
        if (train.isEmpty() && held.isEmpty()) {
            List<String> why = RowIntake.notices(intake.faults(), intake.cut());
            throw new UserError(
                    "there is no conversation to learn from in " + paths
                            + (why.isEmpty() ? "" : ": " + String.join(", ", why)),
                    "a row is {\"messages\": [{\"role\": \"user\", \"content\": …}, {\"role\": \"assistant\", …}]}, or in another known layout");
        }
        SetPart.balance(train, held, fraction);
        return new Split(set(trainStore, train, intake), set(heldStore, held, intake));
    }

    private static ConversationSet set(
            ConversationStore store, SetPart<EncodedConversation, Conversation> part, RowIntake<?> intake) {
        return new ConversationSet(
                store, part.first(), store.tokens(), store.trainedTokens(), intake.faults(), intake.cut());
    }

    /** What was left out and cut, in words; nothing where nothing was. */
    public List<String> notices() {
        return RowIntake.notices(faults, cut);
    }

    /** SHA-256, in hex, of all ids and labels in their order. */
    public String fingerprint() {
        return EncodedConversation.fingerprint(conversations.stream());
    }

    private record Both(Conversation conversation, EncodedConversation encoded) {
        double place() {
            return encoded.place(encoded.ids().length);
        }
    }

    private static Taken<Both> take(JsonRows.Row row, ChatEncoder encoder, ConversationOptions options) {
        Optional<List<ChatMessage>> read = ConversationLayout.read(row.value());
        Optional<Fault> fault = read.map(Fault::of).orElse(Optional.of(Fault.UNKNOWN_LAYOUT));
        return fault.isPresent()
                ? Taken.refused(fault.get(), row.source())
                : encode(new Conversation(read.get(), row.source()), encoder, options, false);
    }

    private static Taken<Both> encode(
            Conversation conversation, ChatEncoder encoder, ConversationOptions options, boolean cut) {
        Optional<EncodedConversation> result;
        try {
            result = encoder.encode(conversation.messages()).map(ChatEncoder.Labelled::trimmed);
        } catch (UserError e) { // such as a template that knows no system message
            result = Optional.empty();
        }
        if (result.isEmpty()) {
            return Taken.refused(Fault.NOT_RENDERED, conversation.source());
        }
        if (result.get().length() <= options.context()) {
            return Taken.of(new Both(conversation, result.get()), conversation.source(), cut);
        }
        List<ChatMessage> shorter = withoutLastExchange(conversation.messages());
        if (options.onLong() != OnLong.CUT || shorter.isEmpty()) {
            return Taken.refused(Fault.TOO_LONG, conversation.source());
        }
        return encode(new Conversation(shorter, conversation.source()), encoder, options, true);
    }

    /** The messages up to the last answer but one; none where there is but one. */
    private static List<ChatMessage> withoutLastExchange(List<ChatMessage> messages) {
        int answers = 0;
        for (int i = messages.size() - 1; i >= 0; i--) {
            if (messages.get(i).role().equals("assistant") && ++answers == 2) {
                return messages.subList(0, i + 1);
            }
        }
        return List.of();
    }
}
