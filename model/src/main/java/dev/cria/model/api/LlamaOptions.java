package dev.cria.model.api;

import dev.cria.base.UserError;
import dev.cria.model.CacheType;
import dev.cria.model.LlamaModel;
import dev.cria.model.SessionOptions;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a model is opened.
 *
 * @param threads processors to compute on; texts do not depend on it
 * @param contextLength most tokens of prompt and answer together; empty for the model's own limit, but no more than 4096
 * @param cache how keys and values are kept; empty for what suits the model
 * @param exact whether nothing is rounded but the weights as stored, which is slower
 * @param draft a smaller model with the same vocabulary that guesses ahead, if any
 */
public record LlamaOptions(
        int threads, Optional<Integer> contextLength, Optional<CacheType> cache, boolean exact, Optional<Path> draft) {
    private static final int USUAL_CONTEXT = 4096;

    /** @throws UserError if there are to be no threads, or no context */
    public LlamaOptions {
        if (threads < 1) {
            throw new UserError("a model cannot run on " + threads + " threads", "give 1 or more");
        }
        if (contextLength.isPresent() && contextLength.get() < 1) {
            throw new UserError("a context of " + contextLength.get() + " tokens holds nothing", "give 1 or more");
        }
    }

    /** All processors, and what suits the model. */
    public static LlamaOptions defaults() {
        return new LlamaOptions(
                Runtime.getRuntime().availableProcessors(),
                Optional.empty(),
                Optional.empty(),
                false,
                Optional.empty());
    }

    public LlamaOptions withThreads(int value) {
        return new LlamaOptions(value, contextLength, cache, exact, draft);
    }

    public LlamaOptions withContextLength(int value) {
        return new LlamaOptions(threads, Optional.of(value), cache, exact, draft);
    }

    public LlamaOptions withCache(CacheType value) {
        return new LlamaOptions(threads, contextLength, Optional.of(value), exact, draft);
    }

    public LlamaOptions withExact(boolean value) {
        return new LlamaOptions(threads, contextLength, cache, value, draft);
    }

    /** Guesses come from a smaller model; at temperature 0 the text is the same, above it the distribution of texts. */
    public LlamaOptions withDraft(Path model) {
        return new LlamaOptions(threads, contextLength, cache, exact, Optional.of(model));
    }

    SessionOptions session(LlamaModel model) {
        int length = contextLength.orElseGet(
                () -> Math.min(USUAL_CONTEXT, model.config().maxPositionEmbeddings()));
        SessionOptions options = exact ? SessionOptions.exact(length) : SessionOptions.automatic(model, length);
        return cache.map(options::withCache).orElse(options);
    }
}
