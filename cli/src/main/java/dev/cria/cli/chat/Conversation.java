package dev.cria.cli.chat;

import dev.cria.text.ChatMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What was said so far: a system message, if there is one, and turns of user and assistant. The oldest turns may be forgotten: they stay in
 * the record, but the model is no longer shown them.
 */
public final class Conversation {
    static final String SYSTEM = "system";
    static final String USER = "user";
    static final String ASSISTANT = "assistant";

    private Optional<String> system;
    private final List<ChatMessage> turns = new ArrayList<>();
    private int forgotten;

    public Conversation(Optional<String> system) {
        this.system = system;
    }

    public Optional<String> system() {
        return system;
    }

    void system(Optional<String> text) {
        system = text;
    }

    void say(String text) {
        turns.add(new ChatMessage(USER, text));
    }

    void answered(String text) {
        turns.add(new ChatMessage(ASSISTANT, text));
    }

    /** Whether the user has spoken last, and an answer is due. */
    boolean isAnswerDue() {
        return !turns.isEmpty() && turns.getLast().role().equals(USER);
    }

    /** Takes back the last message of the user and what came after it; returns that message. */
    Optional<String> undo() {
        takeBackAnswer();
        return turns.isEmpty() ? Optional.empty() : Optional.of(removeLast().content());
    }

    /** Takes back an answer that came last; returns whether there was one. */
    boolean takeBackAnswer() {
        boolean answered = !turns.isEmpty() && turns.getLast().role().equals(ASSISTANT);
        if (answered) {
            removeLast();
        }
        return answered;
    }

    private ChatMessage removeLast() {
        ChatMessage last = turns.removeLast();
        forgotten = Math.min(forgotten, turns.size());
        return last;
    }

    /** Forgets all turns; the system message stays. */
    void reset() {
        turns.clear();
        forgotten = 0;
    }

    /** Takes over a conversation that was saved. */
    void replace(Conversation other) {
        system = other.system;
        turns.clear();
        turns.addAll(other.turns);
        forgotten = 0;
    }

    /** Stops showing the model the oldest message and its answer; returns whether there was one besides the last message. */
    boolean forgetOldest() {
        int next = forgotten;
        do {
            next++;
        } while (next < turns.size() && !turns.get(next).role().equals(USER));
        if (next >= turns.size()) {
            return false;
        }
        forgotten = next;
        return true;
    }

    /** Turns that the model is no longer shown. */
    int forgotten() {
        return forgotten;
    }

    /** What the model is shown. */
    List<ChatMessage> shown() {
        return withSystem(turns.subList(forgotten, turns.size()));
    }

    /** All that was said. */
    List<ChatMessage> all() {
        return withSystem(turns);
    }

    /** How many messages there are, the system's not counted. */
    int size() {
        return turns.size();
    }

    private List<ChatMessage> withSystem(List<ChatMessage> list) {
        List<ChatMessage> messages = new ArrayList<>();
        system.ifPresent(text -> messages.add(new ChatMessage(SYSTEM, text)));
        messages.addAll(list);
        return messages;
    }
}
