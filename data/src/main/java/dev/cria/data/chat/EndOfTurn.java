package dev.cria.data.chat;

import dev.cria.base.UserError;
import dev.cria.data.chat.ChatEncoder.Labelled;
import dev.cria.text.ChatMessage;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import java.util.List;
import java.util.Optional;

/** What a chat template writes behind an answer, from which a model learns where to stop. */
public enum EndOfTurn {
    /** A special token, which ends an answer wherever the model is run. */
    TOKEN,
    /** Words that are no token of their own, such as {@code <|im_end|>} with a vocabulary that does not have it. */
    WORDS,
    /** Nothing. */
    NONE;

    private static final String ANSWER = "Goodbye";

    /** Tries a short exchange; empty where the template refuses it. */
    public static Optional<EndOfTurn> of(ChatTemplate template, Tokenizer tokenizer) {
        List<ChatMessage> exchange = List.of(new ChatMessage("user", "Hello"), new ChatMessage("assistant", ANSWER));
        try {
            return new ChatEncoder(template, tokenizer, false)
                    .encode(exchange)
                    .map(labelled -> of(labelled, tokenizer));
        } catch (UserError e) { // the template's own words; each conversation will say so too
            return Optional.empty();
        }
    }

    private static EndOfTurn of(Labelled labelled, Tokenizer tokenizer) {
        int last = labelled.trained().length() - 1;
        if (tokenizer.isSpecial(labelled.ids()[last])) {
            return TOKEN;
        }
        int end = labelled.text().lastIndexOf(ANSWER) + ANSWER.length();
        return labelled.ends()[last] > end ? WORDS : NONE;
    }

    /** A sentence for the user where a model may not learn where to stop; empty where it will. */
    public Optional<String> notice() {
        return switch (this) {
            case TOKEN -> Optional.empty();
            case WORDS ->
                Optional.of(
                        "the chat template ends an answer with words that are no special token of this tokenizer:"
                                + " a program that stops at the end token alone will not stop there; chat.template=zephyr ends with it");
            case NONE ->
                Optional.of("the chat template writes nothing behind an answer: the model will not learn where to stop;"
                        + " chat.template=zephyr ends answers with the end token");
        };
    }
}
