package dev.cria.train;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where a run lives: {@code recipe.yaml} as it takes effect, {@code checkpoints/}, {@code metrics.jsonl}, {@code tensorboard/},
 * {@code curves.svg} and {@code .png}, {@code reference.json} where preferences are learnt, and a lock.
 *
 * @param path the directory
 */
public record RunDirectory(Path path) {
    /** The directory that the options or the recipe name. */
    static RunDirectory of(Recipe recipe, RunOptions options) {
        return new RunDirectory(options.runDirectory()
                .or(() -> recipe.checkpoint().directory().map(Path::of))
                .orElseThrow(() -> new UserError(
                        "the recipe says no checkpoint.directory", "add it, or --set checkpoint.directory=runs/mine")));
    }

    public Path checkpoints() {
        return path.resolve("checkpoints");
    }

    public Path metrics() {
        return path.resolve("metrics.jsonl");
    }

    public Path tensorboard() {
        return path.resolve("tensorboard");
    }

    /** What the starting model thinks of preference pairs. */
    public Path reference() {
        return path.resolve("reference.json");
    }

    void deleteReference() {
        try {
            Files.deleteIfExists(reference());
        } catch (IOException e) {
            throw new UserError("cannot delete " + reference() + ": " + e, "check permissions", e);
        }
    }

    CheckpointStore store(Recipe recipe) {
        return new CheckpointStore(
                checkpoints(),
                recipe.checkpoint().keepLast(),
                recipe.checkpoint().keepEvery());
    }

    /** Makes the directory. */
    void create() {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new UserError(
                    "cannot make the run's directory " + path + ": " + e,
                    "check permissions, or name another one in checkpoint.directory",
                    e);
        }
    }

    /** The effective recipe of what has run here, if it is there and still understood. */
    Optional<Recipe> recipe() {
        Path file = path.resolve("recipe.yaml");
        try {
            return Files.exists(file) ? Optional.of(Recipe.read(file, List.of())) : Optional.empty();
        } catch (UserError e) {
            return Optional.empty();
        }
    }

    void writeRecipe(String yaml) {
        try {
            DurableFiles.write(path.resolve("recipe.yaml"), yaml);
        } catch (IOException e) {
            throw new UserError("cannot write in " + path + ": " + e, "check free space and permissions", e);
        }
    }

    /** Deletes what an earlier run left: checkpoints, metrics, pictures; nothing that is not a run's. */
    void clear(CheckpointStore store) {
        store.deleteAll();
        store.deleteUnfinished();
        try {
            for (String name : List.of("metrics.jsonl", "recipe.yaml", "curves.svg", "curves.png")) {
                Files.deleteIfExists(path.resolve(name));
            }
            if (Files.isDirectory(tensorboard())) {
                try (Stream<Path> files = Files.list(tensorboard())) {
                    for (Path file : files.filter(
                                    each -> each.getFileName().toString().startsWith("events.out.tfevents."))
                            .sorted(Comparator.naturalOrder())
                            .toList()) {
                        Files.delete(file);
                    }
                }
            }
        } catch (IOException e) {
            throw new UserError("cannot delete the earlier run in " + path + ": " + e, "check permissions", e);
        }
    }
}
