package dev.cria.cli.inspect;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Describes a training run's folder by its newest checkpoint. */
final class RunDescription {
    private RunDescription() {}

    static boolean isRun(Path directory) throws IOException {
        return !checkpoints(directory).isEmpty();
    }

    static Description of(Path directory) throws IOException {
        List<Path> checkpoints = checkpoints(directory);
        Path newest = checkpoints.getLast();
        return new Description.Builder("run")
                .add(
                        "checkpoints",
                        checkpoints.stream()
                                .map(path -> String.valueOf(path.getFileName()))
                                .toList())
                .add("newest", newest.toString())
                .addAll(ModelDescription.of(newest))
                .build();
    }

    /** Folders with a trainer.json, by their step. */
    private static List<Path> checkpoints(Path directory) throws IOException {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.filter(path -> !Files.isSymbolicLink(path) && Files.exists(path.resolve("trainer.json")))
                    .sorted(java.util.Comparator.comparingLong(RunDescription::number))
                    .toList();
        }
    }

    private static long number(Path path) {
        String digits = String.valueOf(path.getFileName()).replaceAll("[^0-9]", "");
        return digits.isEmpty() || digits.length() > 18 ? -1 : Long.parseLong(digits);
    }
}
