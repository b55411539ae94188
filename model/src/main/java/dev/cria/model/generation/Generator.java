package dev.cria.model.generation;

import dev.cria.base.UserError;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaSession;
import dev.cria.text.StreamingDecoder;
import dev.cria.text.Tokenizer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Continues a prompt token by token. The text is that of prompt and new ids together, less the prompt's, so that the space before the
 * first new word is kept.
 */
public final class Generator {
    private final LlamaSession session;
    private final Optional<Tokenizer> tokenizer;

    /** @param tokenizer where absent, there is no text and stop strings are refused */
    public Generator(LlamaSession session, Optional<Tokenizer> tokenizer) {
        this.session = session;
        this.tokenizer = tokenizer;
    }

    /**
     * Appends a prompt to the session and generates. The last token chosen is not in the session's cache.
     *
     * @throws UserError if the prompt is empty or does not fit the context
     */
    public GenerationResult generate(int[] prompt, GenerationOptions options, GenerationListener listener) {
        if (prompt.length == 0) {
            throw new UserError("the prompt is empty", "begin it with the BOS token at least");
        }
        if (!options.stopStrings().isEmpty() && tokenizer.isEmpty()) {
            throw new UserError("stop strings need a tokenizer, and this model has none", "add its tokenizer files");
        }
        return new Run(prompt, options, listener).run();
    }

    /** One generation in progress. */
    private final class Run {
        private final int[] prompt;
        private final GenerationOptions options;
        private final GenerationListener listener;
        private final Sampler sampler;
        private final Optional<StreamingDecoder> decoder;
        private final StopStrings stops;
        private final BitSet seen = new BitSet();
        private final List<Integer> ids = new ArrayList<>();
        private final StringBuilder text = new StringBuilder();
        private final LlamaConfig config = session.config();

        Run(int[] prompt, GenerationOptions options, GenerationListener listener) {
            this.prompt = prompt;
            this.options = options;
            this.listener = listener;
            this.sampler = new Sampler(options.sampling());
            this.decoder = tokenizer.map(Tokenizer::streamingDecoder);
            this.stops = new StopStrings(options.stopStrings());
        }

        GenerationResult run() {
            float[] logits = new float[config.vocabSize()];
            for (int id : prompt) {
                decoder.ifPresent(d -> d.accept(id));
                if (id >= 0) {
                    seen.set(id);
                }
            }
            long started = System.nanoTime();
            session.forwardLast(prompt, logits);
            @Nullable StopReason reason = options.maxNewTokens() == 0 ? StopReason.LENGTH : null;
            long firstChosen = System.nanoTime();
            while (reason == null) {
                int id = sampler.next(logits, seen);
                if (ids.isEmpty()) {
                    firstChosen = System.nanoTime();
                }
                reason = accept(id);
                if (reason == null) {
                    session.forwardLast(new int[] {id}, logits);
                }
            }
            finish();
            return new GenerationResult(
                    List.copyOf(ids),
                    text.toString(),
                    reason,
                    prompt.length,
                    (firstChosen - started) * 1e-9,
                    (System.nanoTime() - firstChosen) * 1e-9);
        }

        /** Takes in a chosen token; says whether the generation ends with it. */
        private @Nullable StopReason accept(int id) {
            ids.add(id);
            seen.set(id);
            boolean ends = !options.ignoreEos() && config.eosTokenIds().contains(id);
            String certain =
                    ends ? "" : stops.accept(decoder.map(d -> d.accept(id)).orElse(""));
            text.append(certain);
            boolean goOn = listener.onToken(id, certain);
            if (ends) {
                return StopReason.EOS;
            }
            if (stops.found()) {
                return StopReason.STOP_STRING;
            }
            if (!goOn) {
                return StopReason.CANCELLED;
            }
            boolean full = session.length() == session.contextLength();
            return ids.size() == options.maxNewTokens() || full ? StopReason.LENGTH : null;
        }

        private void finish() {
            String rest = stops.accept(decoder.map(StreamingDecoder::finish).orElse("")) + stops.finish();
            text.append(rest);
            if (!rest.isEmpty()) {
                listener.onToken(-1, rest);
            }
        }
    }
}
