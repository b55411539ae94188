package dev.cria.data.chat;

import dev.cria.base.UserError;
import dev.cria.data.JsonRows;
import dev.cria.data.chat.ConversationOptions.OnLong;
import dev.cria.data.chat.RowIntake.Taken;
import dev.cria.text.ChatMessage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Conversations in memory, as ids, in the order of their files; and how many were left out or cut, and why.
 *
 * @param conversations what is learnt from
 * @param messages what was said in each, after cutting
 * @param faults conversations left out, by reason
 * @param cut conversations whose last turns were left out
 */
public record ConversationSet(
        List<EncodedConversation> conversations, List<Conversation> messages, Map<Fault, Long> faults, long cut) {
    public ConversationSet {
        conversations = List.copyOf(conversations);
        messages = List.copyOf(messages);
        faults = Map.copyOf(faults);
    }

    /**
     * Reads files, or folders of files, of conversations.
     *
     * @throws UserError if there are none, none that can be learnt from, or a bad one where that is to stop the run
     */
    public static ConversationSet read(List<Path> paths, ChatEncoder encoder, ConversationOptions options) {
        List<EncodedConversation> encoded = new ArrayList<>();
        List<Conversation> messages = new ArrayList<>();
        RowIntake<Both> intake = new RowIntake<>("conversation", options, row -> take(row, encoder, options), each -> {
            encoded.add(each.encoded());
            messages.add(each.conversation());
        });
        intake.read(paths);
        ConversationSet set = new ConversationSet(encoded, messages, intake.faults(), intake.cut());
        if (set.conversations.isEmpty()) {
            List<String> why = set.notices();
            throw new UserError(
                    "there is no conversation to learn from in " + paths
                            + (why.isEmpty() ? "" : ": " + String.join(", ", why)),
                    "a row is {\"messages\": [{\"role\": \"user\", \"content\": …}, {\"role\": \"assistant\", …}]}, or in another known layout");
        }
        return set;
    }

    /** What was left out and cut, in words; nothing where nothing was. */
    public List<String> notices() {
        return RowIntake.notices(faults, cut);
    }

    /** Tokens of all conversations. */
    public long tokens() {
        return conversations.stream().mapToLong(EncodedConversation::length).sum();
    }

    /** Tokens that the loss is taken on. */
    public long trainedTokens() {
        return conversations.stream().mapToLong(c -> c.trained().cardinality()).sum();
    }

    /** SHA-256, in hex, of all ids and labels in their order. */
    public String fingerprint() {
        return EncodedConversation.fingerprint(conversations.stream());
    }

    /** A part of the conversations, such as those held out. */
    ConversationSet part(List<Integer> indexes) {
        return new ConversationSet(
                indexes.stream().map(conversations::get).toList(),
                indexes.stream().map(messages::get).toList(),
                faults,
                cut);
    }

    /**
     * Parts with a conversation off for validation: which side it falls on is decided by its ids alone.
     *
     * @param fraction share to hold out, 0 to 1; at least one is held out and one kept where there are two
     * @return what is left, and what is held out
     */
    public List<ConversationSet> split(double fraction) {
        List<Integer> kept = new ArrayList<>();
        List<Integer> held = new ArrayList<>();
        for (int i = 0; i < conversations.size(); i++) {
            EncodedConversation each = conversations.get(i);
            double place = each.place(each.ids().length);
            (place < fraction ? held : kept).add(i);
        }
        if (held.isEmpty() && kept.size() > 1) {
            held.add(kept.removeLast());
        } else if (kept.isEmpty() && held.size() > 1) {
            kept.add(held.removeLast());
        }
        return List.of(part(kept), part(held));
    }

    private record Both(Conversation conversation, EncodedConversation encoded) {}

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
