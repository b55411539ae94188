package dev.cria.data.chat;

import dev.cria.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The layouts that preference pairs are published in, told apart row by row. All have {@code chosen} and {@code rejected}, each of which is
 *
 * <ul>
 *   <li>the answer alone: a text, a message or a list of messages that the assistant begins; what it answers stands beside it, in
 *       {@code prompt}, {@code question} or {@code instruction} (with {@code input} as in Alpaca, and {@code system}), as a text or a list of
 *       messages, or in {@code messages} or {@code conversations}
 *   <li>the whole conversation, as UltraFeedback binarised has it: a list of messages that both begin with
 *   <li>the whole conversation as HH-RLHF has it: {@code "\n\nHuman: …\n\nAssistant: …"}
 * </ul>
 */
public final class PreferenceLayout {
    private PreferenceLayout() {}

    /** The pair of a row; empty where it is in no known layout. */
    public static Optional<PreferencePair> read(JsonNode row, String source) {
        Optional<List<ChatMessage>> chosen = side(row.path("chosen"));
        Optional<List<ChatMessage>> rejected = side(row.path("rejected"));
        if (chosen.isEmpty() || rejected.isEmpty()) {
            return Optional.empty();
        }
        Optional<List<ChatMessage>> prompt =
                isWhole(chosen.get()) && isWhole(rejected.get()) ? Optional.of(List.of()) : prompt(row);
        return prompt.map(before -> pair(whole(before, chosen.get()), whole(before, rejected.get()), source));
    }

    private static Optional<List<ChatMessage>> side(JsonNode node) {
        if (node.isString()) {
            String text = node.stringValue();
            return Optional.of(ConversationLayout.helpful(text)
                    .filter(PreferenceLayout::isWhole)
                    .orElseGet(() -> List.of(new ChatMessage("assistant", text))));
        }
        if (node.isNull()) {
            return Optional.of(List.of(new ChatMessage("assistant", "")));
        }
        return node.isArray() || node.isObject() ? ConversationLayout.turns(node, node) : Optional.empty();
    }

    /** Whether a side begins with what is answered. */
    private static boolean isWhole(List<ChatMessage> side) {
        return !side.isEmpty() && !side.getFirst().role().equals("assistant");
    }

    private static List<ChatMessage> whole(List<ChatMessage> prompt, List<ChatMessage> side) {
        if (isWhole(side)) {
            return side;
        }
        List<ChatMessage> whole = new ArrayList<>(prompt);
        whole.addAll(side);
        return whole;
    }

    private static Optional<List<ChatMessage>> prompt(JsonNode row) {
        for (String key : List.of("prompt", "messages", "conversations", "conversation", "question", "instruction")) {
            JsonNode node = row.path(key);
            if (node.isArray()) {
                return ConversationLayout.turns(row, node);
            }
            if (node.isString()) {
                return Optional.of(text(row, node.stringValue()));
            }
        }
        return Optional.empty();
    }

    /** A prompt that is a text: a question, or a transcript, which may end with the mark before the answer. */
    private static List<ChatMessage> text(JsonNode row, String text) {
        List<ChatMessage> messages = new ArrayList<>();
        ConversationLayout.system(row, messages);
        Optional<List<ChatMessage>> spoken = ConversationLayout.helpful(text);
        if (spoken.isEmpty()) {
            messages.add(new ChatMessage("user", ConversationLayout.withInput(row, text)));
            return messages;
        }
        messages.addAll(spoken.get());
        ChatMessage last = messages.getLast();
        if (last.role().equals("assistant") && last.content().isEmpty()) {
            messages.removeLast();
        }
        return messages;
    }

    /** Parts two conversations where they part. */
    private static PreferencePair pair(List<ChatMessage> chosen, List<ChatMessage> rejected, String source) {
        int same = 0;
        while (same < Math.min(chosen.size(), rejected.size())
                && chosen.get(same).equals(rejected.get(same))) {
            same++;
        }
        return new PreferencePair(
                chosen.subList(0, same),
                chosen.subList(same, chosen.size()),
                rejected.subList(same, rejected.size()),
                source);
    }
}
