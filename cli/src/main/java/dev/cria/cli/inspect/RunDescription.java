package dev.cria.cli.inspect;

import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.StepMetrics;
import dev.cria.train.metrics.ValidationMetrics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Describes a training run's folder: how far it is, and its newest checkpoint. */
final class RunDescription {
    private RunDescription() {}

    static boolean isRun(Path directory) {
        return ModelFolder.newestCheckpoint(directory).isPresent();
    }

    static Description of(Path directory) throws IOException {
        CheckpointStore.Entry newest = ModelFolder.newestCheckpoint(directory).orElseThrow();
        Description.Builder builder = new Description.Builder("run")
                .add(
                        "checkpoints",
                        ModelFolder.store(directory).list().stream()
                                .map(entry -> String.valueOf(entry.directory().getFileName()))
                                .toList())
                .add("newest", newest.directory().toString());
        ModelFolder.store(directory)
                .best()
                .ifPresent(best -> builder.add("best", best.directory().toString()));
        Path metrics = directory.resolve("metrics.jsonl");
        if (Files.exists(metrics)) {
            History history = History.read(metrics);
            if (!history.steps().isEmpty()) {
                StepMetrics last = history.steps().getLast();
                builder.add("steps", last.step()).add("tokens", last.tokens()).add("loss", last.loss());
            }
            if (!history.validations().isEmpty()) {
                ValidationMetrics held = history.validations().getLast();
                builder.add("validation_loss", held.loss());
                if (held.hasBitsPerByte()) {
                    builder.add("bits_per_byte", held.bitsPerByte());
                }
            }
        }
        return builder.addAll(Inspector.directory(newest.directory())).build();
    }
}
