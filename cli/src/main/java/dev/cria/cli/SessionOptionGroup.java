package dev.cria.cli;

import dev.cria.model.CacheType;
import dev.cria.model.LlamaModel;
import dev.cria.model.SessionOptions;
import dev.cria.model.generation.Overflow;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a sequence is computed and how long it may get; shared by the commands that let a model write. */
final class SessionOptionGroup {
    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Most tokens of prompt and answer together (default: what is needed, up to the model's own).")
    private Optional<Integer> context;

    @Option(
            names = "--kv-cache",
            paramLabel = "TYPE",
            description =
                    "How keys and values are kept: f32, f16, bf16 or q8_0 (default: f16, and f32 for float32 and small models).")
    private Optional<CacheType> cache;

    @Option(
            names = "--exact",
            description = "Round nothing but the weights as stored: the reference's numbers, more slowly.")
    private boolean exact;

    /** What happens when the context is full. */
    enum WhenFull {
        STOP,
        SLIDE
    }

    @Option(
            names = "--overflow",
            paramLabel = "WHAT",
            defaultValue = "stop",
            description =
                    "When the context is full: stop (and refuse a prompt that does not fit), or slide: keep the first tokens and the newer half of the rest, and read that again (default: ${DEFAULT-VALUE}).")
    private WhenFull overflow;

    @Option(
            names = "--keep",
            paramLabel = "N",
            defaultValue = "" + Overflow.SINKS,
            description = "First tokens that a sliding context never forgets (default: ${DEFAULT-VALUE}).")
    private int keep;

    /** What is to happen when the context is full. */
    Overflow overflow() {
        return overflow == WhenFull.SLIDE ? Overflow.slide(keep) : Overflow.STOP;
    }

    /**
     * How a session of a model is to be.
     *
     * @param needed tokens of context that the command would take by itself; cut to what the model holds
     */
    SessionOptions toOptions(LlamaModel model, long needed) {
        int longest = model.config().maxPositionEmbeddings();
        int length = context.orElseGet(() -> (int) Math.clamp(needed, 1, longest));
        SessionOptions options = SessionOptions.automatic(model, length);
        if (exact) {
            options = SessionOptions.exact(length);
        }
        return cache.isPresent() ? options.withCache(cache.get()) : options;
    }
}
