package dev.cria.cli.chat;

import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** Who answers. */
public interface Responder {
    /**
     * What a responder tells while it works.
     *
     * @param reading hears, before the first token, how many tokens must be read
     * @param text receives the answer piece by piece
     * @param stopped whether the user wants no more
     */
    record Watcher(IntConsumer reading, Consumer<String> text, BooleanSupplier stopped) {}

    /**
     * Answers the last message. The conversation forgets what does not fit, and is otherwise left as it is.
     *
     * @param turn number of the answer, which decides its random numbers together with the seed
     * @throws dev.cria.base.UserError if the last message does not fit the context
     */
    Reply answer(Conversation conversation, ChatSettings settings, int turn, Watcher watcher);
}
