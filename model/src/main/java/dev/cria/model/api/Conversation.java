package dev.cria.model.api;

import dev.cria.model.LlamaSession;
import dev.cria.model.generation.GenerationOptions;
import dev.cria.model.generation.GenerationResult;
import dev.cria.text.ChatMessage;
import dev.cria.text.ChatTemplate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * A conversation with a model, made by {@link Llama#chat}. What the model has read and said stays in its memory: a turn reads only what is new.
 * Where the conversation outgrows the context, the oldest turns are no longer shown to the model; the system message and the last message always
 * are. Threads as with {@link Llama}.
 */
public final class Conversation implements AutoCloseable {
    private final Llama llama;
    private final ChatTemplate template;
    private final LlamaSession session;
    private final int beginning;
    private final List<ChatMessage> messages;
    private boolean closed;

    Conversation(Llama llama, ChatTemplate template, LlamaSession session, List<ChatMessage> beginning) {
        this.llama = llama;
        this.template = template;
        this.session = session;
        this.beginning = beginning.size();
        this.messages = new ArrayList<>(beginning);
    }

    /** Says something and returns the answer, of up to 256 tokens at temperature 0.8; see {@link #say(String, GenerationOptions, Consumer)}. */
    public String say(String text, Consumer<String> listener) {
        return say(text, GenerationOptions.defaults(), listener).text();
    }

    /**
     * Says something and lets the model answer. Both become part of the conversation, an answer that was cut short too.
     *
     * @param listener receives the answer piece by piece, never half a character
     * @throws dev.cria.base.UserError if the message alone is longer than the context; the conversation is then as before
     * @throws IllegalStateException if this or its model was closed
     */
    public GenerationResult say(String text, GenerationOptions generation, Consumer<String> listener) {
        return llama.exclusively(() -> {
            if (closed) {
                throw new IllegalStateException("the conversation was closed");
            }
            List<ChatMessage> asked = new ArrayList<>(messages);
            asked.add(new ChatMessage("user", text));
            GenerationResult result = llama.write(session, prompt(asked, generation), generation, listener);
            asked.add(new ChatMessage("assistant", result.text()));
            messages.clear();
            messages.addAll(asked);
            return result;
        });
    }

    /** The ids of the messages, less the oldest turns where all of them and an answer would not fit. */
    private int[] prompt(List<ChatMessage> asked, GenerationOptions generation) {
        int context = session.contextLength();
        // An answer may need all of its tokens, but is promised no more than half of the context.
        int most = context - Math.min(generation.maxNewTokens(), context / 2);
        List<ChatMessage> shown = new ArrayList<>(asked);
        int[] ids = encode(shown);
        while (ids.length > most && shown.size() > beginning + 2) {
            shown.subList(beginning, beginning + 2).clear();
            ids = encode(shown);
        }
        return ids;
    }

    private int[] encode(List<ChatMessage> shown) {
        return llama.withBos(template.encode(llama.tokenizer(), shown, true));
    }

    /** What was said so far, the system message first if there is one. */
    public List<ChatMessage> messages() {
        return llama.exclusively(() -> List.copyOf(messages));
    }

    /** Forgets what was said, but not the system message. */
    public void reset() {
        llama.exclusively(() -> {
            messages.subList(beginning, messages.size()).clear();
            session.reset();
            return messages;
        });
    }

    void release() {
        closed = true;
        session.close();
    }

    /** Frees its memory; a second call does nothing. */
    @Override
    public void close() {
        llama.end(this);
    }
}
