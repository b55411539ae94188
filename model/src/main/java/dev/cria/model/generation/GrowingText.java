package dev.cria.model.generation;

import dev.cria.model.LlamaConfig;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A text in the making: the tokens chosen so far, what they say, and whether it ends here. */
final class GrowingText {
    private final LlamaConfig config;
    private final int contextLength;
    private final GenerationOptions options;
    private final GenerationListener listener;
    private final TextOutput text;
    private final BitSet seen = new BitSet();
    private final List<Integer> ids = new ArrayList<>();

    /** @param contextLength most tokens that the session holds */
    GrowingText(
            LlamaConfig config,
            int contextLength,
            Optional<Tokenizer> tokenizer,
            int[] prompt,
            GenerationOptions options,
            GenerationListener listener) {
        this.config = config;
        this.contextLength = contextLength;
        this.options = options;
        this.listener = listener;
        this.text = new TextOutput(tokenizer, options.stopStrings(), prompt);
        for (int id : prompt) {
            if (id >= 0) {
                seen.set(id);
            }
        }
    }

    /** Ids of the prompt and of what was chosen; repetition penalties look at them. */
    BitSet seen() {
        return seen;
    }

    /** How many tokens were chosen. */
    int count() {
        return ids.size();
    }

    /** The last token chosen. */
    int last() {
        return ids.getLast();
    }

    /**
     * Takes in a chosen token; says whether the text ends with it.
     *
     * @param before tokens that the context holds before it
     */
    @Nullable
    StopReason accept(int id, int before) {
        ids.add(id);
        seen.set(id);
        boolean ends = !options.ignoreEos() && config.eosTokenIds().contains(id);
        boolean goOn = listener.onToken(id, ends ? "" : text.accept(id));
        if (ends) {
            return StopReason.EOS;
        }
        if (text.stopped()) {
            return StopReason.STOP_STRING;
        }
        if (!goOn) {
            return StopReason.CANCELLED;
        }
        boolean full = before == contextLength && !options.overflow().slides();
        return ids.size() == options.maxNewTokens() || full ? StopReason.LENGTH : null;
    }

    /** Ends the text. */
    GenerationResult finish(
            StopReason reason, int promptTokens, double promptSeconds, double decodeSeconds, DraftStatistics drafts) {
        String rest = text.finish();
        if (!rest.isEmpty()) {
            listener.onToken(-1, rest);
        }
        return new GenerationResult(
                List.copyOf(ids), text.toString(), reason, promptTokens, promptSeconds, decodeSeconds, drafts);
    }
}
