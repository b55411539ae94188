package dev.cria.cli;

import dev.cria.text.Tokenizer;
import java.nio.file.Path;

/** From what a user typed to the ids a model reads. */
final class Prompts {
    private Prompts() {}

    /** BOS and the ids of the prompt. */
    static int[] encode(String prompt, boolean raw, Path model, Tokenizer tokenizer) {
        int[] ids = tokenizer.encodeWithSpecial(prompt);
        int[] withBos = new int[ids.length + 1];
        withBos[0] = tokenizer.bosId();
        System.arraycopy(ids, 0, withBos, 1, ids.length);
        return withBos;
    }
}
