package dev.cria.cli;

import dev.cria.text.ChatMessage;
import dev.cria.text.ChatTemplate;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** From what a user typed to the ids a model reads. */
final class Prompts {
    private Prompts() {}

    /** BOS and the ids of a text to continue. */
    static int[] text(String prompt, Tokenizer tokenizer) {
        return withBos(tokenizer.encodeWithSpecial(prompt), tokenizer);
    }

    /** BOS and the ids of a conversation in which the assistant is to speak. */
    static int[] chat(ChatTemplate template, Optional<String> system, String prompt, Tokenizer tokenizer) {
        List<ChatMessage> messages = new ArrayList<>();
        system.ifPresent(text -> messages.add(new ChatMessage("system", text)));
        messages.add(new ChatMessage("user", prompt));
        return withBos(template.encode(tokenizer, messages, true), tokenizer);
    }

    /** Some templates begin with BOS themselves; there is only ever one. */
    private static int[] withBos(int[] ids, Tokenizer tokenizer) {
        if (ids.length > 0 && ids[0] == tokenizer.bosId()) {
            return ids;
        }
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }
}
