package dev.cria.cli;

import dev.cria.model.LlamaSession;
import dev.cria.model.PromptState;
import dev.cria.model.generation.Generator;
import dev.cria.model.generation.Overflow;
import dev.cria.model.generation.ReadPrompt;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Prompts that are read once and kept in a file. */
final class StateOptionGroup {
    @Option(
            names = "--save-state",
            paramLabel = "FILE",
            description = "Keep what the model made of the prompt, so that --load-state need not read it again.")
    private Optional<Path> save = Optional.empty();

    @Option(
            names = "--load-state",
            paramLabel = "FILE",
            description =
                    "Go on from a saved prompt. What of --prompt it holds already is not read again; without --prompt the text goes on where the state ends.")
    private Optional<Path> load = Optional.empty();

    /** Whether a state is to be saved or loaded. */
    boolean isAsked() {
        return save.isPresent() || load.isPresent();
    }

    boolean loads() {
        return load.isPresent();
    }

    /**
     * The state to go on from.
     *
     * @param state empty where none is asked for
     */
    record Opened(Optional<PromptState> state) implements AutoCloseable {
        /** The tokens that it holds. */
        int[] ids() {
            return state.map(PromptState::ids).orElseGet(() -> new int[0]);
        }

        /** Makes a prompt the session's content, from the state as far as it goes. */
        ReadPrompt read(int[] prompt, LlamaSession session, Generator generator, Overflow overflow) {
            if (state.isEmpty()) {
                return generator.read(prompt, overflow);
            }
            long started = System.nanoTime();
            float[] logits = state.get().restore(session);
            return Arrays.equals(state.get().ids(), prompt)
                    ? new ReadPrompt(prompt, logits, 0, (System.nanoTime() - started) * 1e-9)
                    : generator.read(prompt, overflow);
        }

        @Override
        public void close() {
            state.ifPresent(PromptState::close);
        }
    }

    Opened open() {
        return new Opened(load.map(PromptState::open));
    }

    /** Saves what was read, if that is asked for. */
    void save(LlamaSession session, ReadPrompt prompt) {
        save.ifPresent(file -> PromptState.save(session, prompt.logits(), file));
    }
}
