package dev.cria.cli.inspect;

import dev.cria.train.checkpoint.CheckpointStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Where the weights are: a model's folder is meant as it is, a training run's folder means its newest checkpoint, and the files {@code best} and
 * {@code latest} beside the checkpoints mean those that they name.
 */
public final class ModelFolder {
    private static final String CHECKPOINTS = "checkpoints";

    private ModelFolder() {}

    /** The folder to load; {@code path} itself where it is no run with a checkpoint. */
    public static Path resolve(Path path) {
        return newestCheckpoint(path)
                .map(CheckpointStore.Entry::directory)
                .or(() -> CheckpointStore.follow(path))
                .orElse(path);
    }

    /** The newest checkpoint of the run at {@code path}, if it is one that has any. */
    public static Optional<CheckpointStore.Entry> newestCheckpoint(Path path) {
        boolean run = !Files.exists(path.resolve("config.json")) && Files.isDirectory(path.resolve(CHECKPOINTS));
        return run ? store(path).newest() : Optional.empty();
    }

    static CheckpointStore store(Path run) {
        return new CheckpointStore(run.resolve(CHECKPOINTS), 1, 0);
    }
}
