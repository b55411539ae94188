package dev.cria.cli;

import dev.cria.cli.inspect.ModelPath;
import dev.cria.model.LlamaModel;
import dev.cria.model.LlamaSession;
import dev.cria.model.adapter.AdaptedModels;
import dev.cria.model.generation.DraftModel;
import dev.cria.model.generation.DraftOptions;
import dev.cria.model.generation.PromptLookup;
import dev.cria.model.hub.HubCache;
import dev.cria.tensor.Device;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** Who guesses ahead of the model, so that it may check several tokens in one pass. */
final class DraftOptionGroup {
    /** At most one source. */
    static final class Source {
        @Option(
                names = "--draft",
                paramLabel = "MODEL",
                description =
                        "A smaller model (as for --model) with the same vocabulary that guesses ahead; at temperature 0 the text is the one that --model writes alone, above it the distribution.")
        private Optional<String> draft = Optional.empty();

        @Option(
                names = "--prompt-lookup",
                description = "Guess that the text repeats what stands in the prompt or the text so far.")
        private boolean lookup;
    }

    @ArgGroup
    private Source source = new Source();

    @Option(
            names = "--draft-tokens",
            paramLabel = "N",
            defaultValue = "8",
            description = "Most tokens to guess at a time, 1 to 15 (default: ${DEFAULT-VALUE}).")
    private int tokens;

    /**
     * What guesses, and what must be closed after it.
     *
     * @param options empty where nothing guesses
     * @param model the draft model, if there is one
     */
    record Opened(Optional<DraftOptions> options, Optional<LlamaModel> model) implements AutoCloseable {
        @Override
        public void close() {
            options.ifPresent(drafts -> drafts.source().close());
            model.ifPresent(LlamaModel::close);
        }
    }

    /** Whether something is to guess. */
    boolean isAsked() {
        return source.lookup || source.draft.isPresent();
    }

    /** Opens what was asked for, for a session of a model. */
    Opened open(Device device, LlamaModel model, LlamaSession session) {
        if (source.lookup) {
            return new Opened(Optional.of(new DraftOptions(new PromptLookup(), tokens)), Optional.empty());
        }
        if (source.draft.isEmpty()) {
            return new Opened(Optional.empty(), Optional.empty());
        }
        LlamaModel draft = AdaptedModels.load(
                ModelPath.resolve(source.draft.get()), List.of(), device, HubCache.ofProcess(), notice -> {});
        boolean opened = false;
        try {
            DraftModel guesser = DraftModel.of(draft, model, session.contextLength());
            Opened result = new Opened(Optional.of(new DraftOptions(guesser, tokens)), Optional.of(draft));
            opened = true;
            return result;
        } finally {
            if (!opened) {
                draft.close();
            }
        }
    }
}
