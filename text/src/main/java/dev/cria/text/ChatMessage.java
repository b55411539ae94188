package dev.cria.text;

/**
 * A message of a conversation.
 *
 * @param role who speaks: "system", "user" or "assistant"; templates may know others
 * @param content what is said
 */
public record ChatMessage(String role, String content) {}
