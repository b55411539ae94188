package dev.cria.cli.quickstart;

import dev.cria.base.DurableFiles;
import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a quickstart was begun with; kept in its folder, so that a later run goes on with the same.
 *
 * @param inputs what the user named in place of the JDK's sources
 * @param minutes time to train
 * @param seed decides initial weights and order of the data
 * @param steps updates that fit into the time on the machine it was begun on; 0 until that was measured
 */
record QuickstartState(List<String> inputs, double minutes, long seed, long steps) {
    private static final String FILE = "quickstart.json";

    QuickstartState {
        inputs = List.copyOf(inputs);
    }

    QuickstartState withSteps(long measured) {
        return new QuickstartState(inputs, minutes, seed, measured);
    }

    List<Path> inputPaths() {
        return inputs.stream().map(Path::of).toList();
    }

    /** Whether {@code directory} is a quickstart's. */
    static boolean isIn(Path directory) {
        return Files.exists(directory.resolve(FILE));
    }

    /** What an earlier run left in {@code directory}; empty where there is none. */
    static Optional<QuickstartState> read(Path directory) throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        if (Files.size(file) > 1 << 20) {
            throw damaged(file, "it is far too long");
        }
        try {
            QuickstartState state = JsonMapper.shared().readValue(Files.readString(file), QuickstartState.class);
            if (state.steps < 0 || !(state.minutes > 0)) {
                throw damaged(file, "its numbers make no sense");
            }
            return Optional.of(state);
        } catch (JacksonException | NullPointerException e) {
            throw damaged(file, "not what quickstart writes");
        }
    }

    private static UserError damaged(Path file, String what) {
        return new MalformedFileException(file, -1, what, "begin anew by --fresh, or name another --output");
    }

    void write(Path directory) throws IOException {
        DurableFiles.write(
                directory.resolve(FILE),
                JsonMapper.shared().writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n");
    }
}
