package dev.cria.cli.inspect;

import dev.cria.base.UserError;
import dev.cria.model.hub.HubCache;
import dev.cria.model.hub.HubName;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** What {@code --model} means: a path that exists, else the name of a model that was pulled. */
public final class ModelPath {
    private ModelPath() {}

    /**
     * The folder or file to load; of a training run's folder, its newest checkpoint.
     *
     * @throws UserError if {@code text} is a model's name on a hub, and the model is not here
     */
    public static Path resolve(String text) {
        return ModelFolder.resolve(locate(text));
    }

    /** The path that is meant, whatever it holds. Errors as {@link #resolve}. */
    public static Path locate(String text) {
        Optional<Path> path = path(text);
        Optional<HubName> name = HubName.parse(text);
        if (name.isEmpty() || path.filter(Files::exists).isPresent()) {
            return path.orElseThrow(() -> new UserError("'" + text + "' is no path", "check it"));
        }
        return HubCache.ofProcess()
                .find(text)
                .orElseThrow(() -> new UserError(
                        "there is nothing at " + text + ", and no model of that name was pulled",
                        "check the path, or fetch the model: `cria pull " + name.get() + "`"));
    }

    private static Optional<Path> path(String text) {
        try {
            return Optional.of(Path.of(text));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
