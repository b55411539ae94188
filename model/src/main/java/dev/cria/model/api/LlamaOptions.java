package dev.cria.model.api;

import dev.cria.base.UserError;
import dev.cria.model.CacheType;
import dev.cria.model.LlamaModel;
import dev.cria.model.SessionOptions;
import dev.cria.model.adapter.AdapterChoice;
import dev.cria.tensor.DeviceName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How a model is opened.
 *
 * @param threads processors to compute on, where that is the device; texts do not depend on it
 * @param contextLength most tokens of prompt and answer together; empty for the model's own limit, but no more than 4096
 * @param cache how keys and values are kept; empty for what suits the model
 * @param exact whether nothing is rounded but the weights as stored, which is slower
 * @param draft a smaller model with the same vocabulary that guesses ahead, if any
 * @param adapters LoRA adapters that lie on the model
 * @param device where it computes
 * @param copied whether the weights are copied out of the file into memory of this process, which few threads read faster
 */
public record LlamaOptions(
        int threads,
        Optional<Integer> contextLength,
        Optional<CacheType> cache,
        boolean exact,
        Optional<Path> draft,
        List<AdapterChoice> adapters,
        DeviceName device,
        boolean copied) {
    private static final int USUAL_CONTEXT = 4096;

    /** @throws UserError if there are to be no threads, or no context */
    public LlamaOptions {
        adapters = List.copyOf(adapters);
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
                Optional.empty(),
                List.of(),
                DeviceName.CPU,
                false);
    }

    public LlamaOptions withThreads(int value) {
        return new LlamaOptions(value, contextLength, cache, exact, draft, adapters, device, copied);
    }

    public LlamaOptions withContextLength(int value) {
        return new LlamaOptions(threads, Optional.of(value), cache, exact, draft, adapters, device, copied);
    }

    public LlamaOptions withCache(CacheType value) {
        return new LlamaOptions(threads, contextLength, Optional.of(value), exact, draft, adapters, device, copied);
    }

    public LlamaOptions withExact(boolean value) {
        return new LlamaOptions(threads, contextLength, cache, value, draft, adapters, device, copied);
    }

    /**
     * Computes on a device: {@code cpu}, {@code cuda} or, for the second of several GPUs, {@code cuda:1}.
     *
     * @throws UserError if that is no device's name; whether it is there is found out when the model is opened
     */
    public LlamaOptions withDevice(String name) {
        DeviceName found = DeviceName.parse(name)
                .orElseThrow(() -> new UserError("there is no device '" + name + "'", "give " + DeviceName.ALLOWED));
        return new LlamaOptions(threads, contextLength, cache, exact, draft, adapters, found, copied);
    }

    /** Guesses come from a smaller model; at temperature 0 the text is the same, above it the distribution of texts. */
    public LlamaOptions withDraft(Path model) {
        return new LlamaOptions(threads, contextLength, cache, exact, Optional.of(model), adapters, device, copied);
    }

    /** Copies the weights out of the file: a start takes longer and memory is not shared with other processes, but text comes faster. */
    public LlamaOptions withCopiedWeights(boolean value) {
        return new LlamaOptions(threads, contextLength, cache, exact, draft, adapters, device, value);
    }

    /** Puts a LoRA adapter's folder, as peft saves it, on the model; more than one add up. */
    public LlamaOptions withAdapter(Path folder) {
        return withAdapter(folder, 1);
    }

    /** The same with as much of it as {@code weight} says; 1 is as it was trained. */
    public LlamaOptions withAdapter(Path folder, double weight) {
        List<AdapterChoice> all = new ArrayList<>(adapters);
        all.add(new AdapterChoice(folder, weight));
        return new LlamaOptions(threads, contextLength, cache, exact, draft, all, device, copied);
    }

    SessionOptions session(LlamaModel model) {
        int length = contextLength.orElseGet(
                () -> Math.min(USUAL_CONTEXT, model.config().maxPositionEmbeddings()));
        SessionOptions options = exact ? SessionOptions.exact(length) : SessionOptions.automatic(model, length);
        return cache.map(options::withCache).orElse(options);
    }
}
