package dev.cria.data.chat;

import dev.cria.text.ChatMessage;
import java.util.List;

/**
 * A conversation to learn from.
 *
 * @param messages roles are {@code system}, {@code user}, {@code assistant}, or what the file says
 * @param source where it stands, for messages
 */
public record Conversation(List<ChatMessage> messages, String source) {
    public Conversation {
        messages = List.copyOf(messages);
    }
}
