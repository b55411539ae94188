package dev.cria.eval.hub;

import dev.cria.base.UserError;
import dev.cria.eval.rows.RowFiles;
import dev.cria.eval.task.Dataset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** How data sets lie in their repositories. */
enum HubLayout {
    /** The publisher's own files: {@code CONFIGURATION/SPLIT-00000-of-00001.parquet}, or without the folder where there is one configuration. */
    OWN("main") {
        @Override
        List<String> patterns(Dataset dataset, String split) {
            List<String> patterns = new ArrayList<>();
            for (String base : bases(dataset, split)) {
                for (String ending : RowFiles.ENDINGS) {
                    patterns.add(base + ending);
                    patterns.add(base + "-*" + ending);
                }
            }
            return patterns;
        }

        private List<String> bases(Dataset dataset, String split) {
            return dataset.configuration()
                    .map(name -> List.of(name + "/" + split, "data/" + name + "/" + split))
                    .orElse(List.of("data/" + split, split, "*/" + split));
        }

        @Override
        List<Path> find(Path folder, Dataset dataset, String split) {
            for (String base : bases(dataset, split)) {
                List<Path> files = base.startsWith("*")
                        ? only(folder, inside -> RowFiles.find(inside.resolve(split)))
                        : RowFiles.find(folder.resolve(base));
                if (!files.isEmpty()) {
                    return files;
                }
            }
            return List.of();
        }
    },

    /** What the hub itself made of the data: {@code CONFIGURATION/SPLIT/0000.parquet} on a branch of its own. */
    CONVERTED("refs/convert/parquet") {
        @Override
        List<String> patterns(Dataset dataset, String split) {
            return List.of(dataset.configuration().orElse("*") + "/" + split + "/*.parquet");
        }

        @Override
        List<Path> find(Path folder, Dataset dataset, String split) {
            Optional<String> name = dataset.configuration();
            return name.isPresent()
                    ? parquet(folder.resolve(name.get()).resolve(split))
                    : only(folder, inside -> parquet(inside.resolve(split)));
        }
    };

    private final String revision;

    HubLayout(String revision) {
        this.revision = revision;
    }

    /** The branch where it is found. */
    String revision() {
        return revision;
    }

    /** Patterns of the files of a split; a star matches slashes too. */
    abstract List<String> patterns(Dataset dataset, String split);

    /** The files of a split below a snapshot; none where there is no such file. */
    abstract List<Path> find(Path folder, Dataset dataset, String split);

    private interface Look {
        List<Path> in(Path folder);
    }

    /**
     * The files in the one folder that has such files.
     *
     * @throws UserError where several have: nobody could tell which of them is meant
     */
    private static List<Path> only(Path folder, Look look) {
        List<Path> found = List.of();
        for (Path inside : list(folder)) {
            List<Path> files = Files.isDirectory(inside) ? look.in(inside) : List.of();
            if (!files.isEmpty() && !found.isEmpty()) {
                throw new UserError(
                        "both " + found.getFirst() + " and " + files.getFirst() + " hold such rows",
                        "name the data set's configuration in the task");
            }
            found = files.isEmpty() ? found : files;
        }
        return found;
    }

    private static List<Path> parquet(Path folder) {
        return list(folder).stream()
                .filter(file -> file.toString().endsWith(".parquet"))
                .toList();
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (IOException e) {
            throw new UserError("cannot list " + folder + ": " + e.getMessage(), "check its permissions", e);
        }
    }
}
