package dev.cria.eval.task;

import dev.cria.base.UserError;
import dev.cria.eval.rows.Row;
import dev.cria.eval.rows.RowFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The folders that hold the rows of tasks.
 *
 * <p>The rows of split {@code test} of the data set {@code arc_easy}, which a hub calls {@code allenai/ai2_arc}, configuration
 * {@code ARC-Easy}, are looked for as
 *
 * <ol>
 *   <li>{@code arc_easy.test}, {@code arc_easy/test}; and {@code arc_easy}, if that split is the one that is asked;
 *   <li>as a hub has them: {@code allenai/ai2_arc/ARC-Easy/test}, without {@code allenai/}, and with {@code data} or nothing instead of
 *       the configuration;
 * </ol>
 *
 * each with the ending {@code .jsonl}, {@code .json} (JSON lines both) or {@code .parquet}, or in numbered parts. Some splits have another
 * name too, as {@code drop/dev} for DROP's validation split. Two different files for one split are refused: nobody could tell which of
 * them was scored.
 */
public final class TaskData {
    private final List<Path> folders;
    private final Optional<RowSource> otherwise;

    private TaskData(List<Path> folders, Optional<RowSource> otherwise) {
        this.folders = List.copyOf(folders);
        this.otherwise = otherwise;
    }

    /** Somewhere else to have rows from, such as a hub. */
    @FunctionalInterface
    public interface RowSource {
        /**
         * The files of a split.
         *
         * @throws UserError where they cannot be had
         */
        List<Path> files(Dataset dataset, String split);
    }

    /** The data of a source alone. */
    public static TaskData from(RowSource source) {
        return new TaskData(List.of(), Optional.of(source));
    }

    /** This data, and from {@code source} what is not there. */
    public TaskData orElse(RowSource source) {
        return new TaskData(folders, Optional.of(source));
    }

    /** The data under {@code folder}; nothing is read yet. */
    public static TaskData in(Path folder) {
        return new TaskData(List.of(folder), Optional.empty());
    }

    /** The data under these folders; the first that has a split gives it. */
    public static TaskData in(List<Path> folders) {
        if (folders.isEmpty()) {
            throw new IllegalArgumentException("no folder of data");
        }
        return new TaskData(folders, Optional.empty());
    }

    /** Where rows are looked for first, in words. */
    public String where() {
        return folders.isEmpty() ? "where it comes from" : folders.getFirst().toString();
    }

    /** Where rows are looked for, in order. */
    public List<Path> folders() {
        return folders;
    }

    /**
     * The files of a split; none where there is no such file.
     *
     * @throws UserError where two files have the same split, or a part is missing
     */
    public List<Path> files(Dataset dataset, String split) {
        for (Path folder : folders) {
            List<List<Path>> found = new ArrayList<>();
            for (Path base : bases(folder, dataset, split)) {
                List<Path> files = RowFiles.find(base);
                if (!files.isEmpty()) {
                    found.add(files);
                }
            }
            if (found.size() > 1) {
                throw new UserError(
                        "both " + found.get(0).getFirst() + " and "
                                + found.get(1).getFirst() + " hold the " + split + " rows of " + dataset.files(),
                        "move one of them away");
            }
            if (!found.isEmpty()) {
                return found.getFirst();
            }
        }
        return List.of();
    }

    /**
     * The rows of a split, at least one.
     *
     * @throws UserError where there is no file, or it is damaged, naming file and line
     */
    public List<Row> rows(Dataset dataset, String split) {
        List<Path> files = files(dataset, split);
        if (!files.isEmpty()) {
            return RowFiles.read(files);
        }
        if (otherwise.isEmpty()) {
            throw missing(dataset, split);
        }
        return RowFiles.read(otherwise.get().files(dataset, split));
    }

    /** The file of worked examples of a data set that has one; none where it is not there. */
    List<Path> promptFile(String prompts) {
        for (Path folder : folders) {
            for (Path file :
                    List.of(folder.resolve(prompts), folder.resolve("bbh").resolve(prompts))) {
                if (Files.isRegularFile(file)) {
                    return List.of(file);
                }
            }
        }
        return List.of();
    }

    /** The error where a split has no file. */
    UserError missing(Dataset dataset, String split) {
        if (folders.isEmpty()) {
            return new UserError("there are no " + split + " rows of " + dataset.hub(), "name a folder with --data");
        }
        Path folder = folders.getFirst();
        if (!Files.isDirectory(folder)) {
            return new UserError("the data folder " + folder + " does not exist", "check --data");
        }
        List<String> names = new ArrayList<>();
        bases(folder, dataset, split).stream()
                .limit(dataset.split().equals(split) ? 3 : 2)
                .forEach(base -> names.add(folder.relativize(base) + ".jsonl"));
        dataset.prompts().filter(prompts -> !dataset.split().equals(split)).ifPresent(names::add);
        return new UserError(
                names(folders) + " no " + split + " rows of " + dataset.files() + " (" + dataset.hub()
                        + dataset.configuration().map(name -> ", " + name).orElse("") + ")",
                "put them there as " + String.join(", or ", names) + "; .parquet does too");
    }

    private static String names(List<Path> folders) {
        String names = folders.stream().map(Path::toString).collect(Collectors.joining(" and "));
        return names + (folders.size() == 1 ? " has" : " have");
    }

    private static Set<Path> bases(Path folder, Dataset dataset, String split) {
        Set<Path> bases = new LinkedHashSet<>();
        List<String> names = new ArrayList<>(List.of(split));
        names.addAll(dataset.otherNames().getOrDefault(split, List.of()));
        for (String name : names) {
            bases.add(folder.resolve(dataset.files() + "." + name));
            bases.add(folder.resolve(dataset.files()).resolve(name));
        }
        if (split.equals(dataset.split())) {
            bases.add(folder.resolve(dataset.files()));
        }
        String hub = dataset.hub();
        for (String repository : List.of(hub, hub.substring(hub.lastIndexOf('/') + 1))) {
            Path root = folder.resolve(repository);
            dataset.configuration()
                    .ifPresent(name -> bases.add(root.resolve(name).resolve(split)));
            bases.add(root.resolve("data").resolve(split));
            bases.add(root.resolve(split));
        }
        return bases;
    }
}
