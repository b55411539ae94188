package dev.cria.data.chat;

import dev.cria.text.ChatMessage;
import java.util.List;
import java.util.Optional;

/** Why a conversation, or a pair of answers, is not learnt from. */
public enum Fault {
    /** None of the layouts that are known. */
    UNKNOWN_LAYOUT("in no known layout", "is in no known layout"),
    /** A message without anything in it. */
    EMPTY_MESSAGE("with an empty message", "has an empty message"),
    /** Not: a system message or none, then user and assistant in turn. */
    ROLES(
            "with roles out of order",
            "has roles out of order: user and assistant must take turns, after at most one system message"),
    /** Nobody answers. */
    NO_ANSWER("without an assistant's turn", "has no assistant's turn, so there is nothing to learn from it"),
    /** The template leaves out the assistant's words, or the tokenizer rewrites the text. */
    NOT_RENDERED(
            "that the chat template or the tokenizer changes",
            "is changed by the chat template or the tokenizer, so that what the assistant says cannot be found in it"),
    /** Of a pair: there is nothing to prefer. */
    EQUAL_ANSWERS("with equal answers", "has two equal answers, so there is nothing to prefer"),
    /** Of a pair: what was chosen and what was rejected answer different things. */
    DIFFERENT_PROMPTS("whose answers have different prompts", "has answers to different prompts"),
    /** Its first exchange is longer than the context. */
    TOO_LONG("longer than the context", "is longer than the context");

    private final String counted;
    private final String sentence;

    Fault(String counted, String sentence) {
        this.counted = counted;
        this.sentence = sentence;
    }

    /** Ends "3 conversations …" or "3 pairs …". */
    public String counted() {
        return counted;
    }

    /** Ends "the conversation at … " or "the pair at … ". */
    public String sentence() {
        return sentence;
    }

    /** What is wrong with messages, if anything is, as far as one can see without rendering them. */
    static Optional<Fault> of(List<ChatMessage> messages) {
        boolean answered = false;
        String due = "user";
        for (int i = 0; i < messages.size(); i++) {
            ChatMessage message = messages.get(i);
            if (message.content().isBlank()) {
                return Optional.of(EMPTY_MESSAGE);
            }
            if (i == 0 && message.role().equals("system")) {
                continue;
            }
            if (!message.role().equals(due)) {
                return Optional.of(ROLES);
            }
            answered |= due.equals("assistant");
            due = due.equals("user") ? "assistant" : "user";
        }
        return answered ? Optional.empty() : Optional.of(NO_ANSWER);
    }
}
