package dev.cria.data.chat;

import dev.cria.text.ChatMessage;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Two ways to go on from the same messages, one of which was preferred.
 *
 * @param prompt what both have in common; the user has the last word in it
 * @param chosen what was preferred: the assistant's answer, and what followed it, if anything did
 * @param rejected what was not
 * @param source where the pair stands, for messages
 */
public record PreferencePair(
        List<ChatMessage> prompt, List<ChatMessage> chosen, List<ChatMessage> rejected, String source) {
    public PreferencePair {
        prompt = List.copyOf(prompt);
        chosen = List.copyOf(chosen);
        rejected = List.copyOf(rejected);
    }

    /** The whole conversation that was preferred. */
    public List<ChatMessage> chosenConversation() {
        return Stream.concat(prompt.stream(), chosen.stream()).toList();
    }

    /** The whole conversation that was not. */
    public List<ChatMessage> rejectedConversation() {
        return Stream.concat(prompt.stream(), rejected.stream()).toList();
    }

    /** What makes the pair useless, if anything does, as far as one can see without rendering it. */
    Optional<Fault> fault() {
        if (chosen.equals(rejected)) {
            return Optional.of(Fault.EQUAL_ANSWERS);
        }
        if (chosen.isEmpty() || rejected.isEmpty()) {
            return Optional.of(prompt.isEmpty() ? Fault.NO_ANSWER : Fault.DIFFERENT_PROMPTS);
        }
        Optional<Fault> fault = Fault.of(chosenConversation()).or(() -> Fault.of(rejectedConversation()));
        if (fault.isPresent()) {
            return fault;
        }
        boolean answers = chosen.getFirst().role().equals("assistant")
                && rejected.getFirst().role().equals("assistant");
        return answers ? Optional.empty() : Optional.of(Fault.DIFFERENT_PROMPTS);
    }

    /** The pair without the earliest exchange of its prompt; empty where there is but the question that is answered. */
    Optional<PreferencePair> withoutFirstExchange() {
        int first = !prompt.isEmpty() && prompt.getFirst().role().equals("system") ? 1 : 0;
        if (prompt.size() < first + 3) {
            return Optional.empty();
        }
        List<ChatMessage> shorter = Stream.concat(
                        prompt.stream().limit(first), prompt.stream().skip(first + 2))
                .toList();
        return Optional.of(new PreferencePair(shorter, chosen, rejected, source));
    }
}
