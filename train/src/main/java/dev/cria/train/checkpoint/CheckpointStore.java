package dev.cria.train.checkpoint;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The checkpoints of a run: folders {@code step-00001234}, and a file {@code latest} that names the newest. A checkpoint is written into a
 * hidden folder beside, every file synced, and appears by one rename; only then does {@code latest} move, and only then are old ones
 * pruned, each renamed out of sight before its files are deleted. So a folder named {@code step-…} is whole, whatever instant the process
 * died at, and the one with the highest number is the newest. A file {@code best} names the checkpoint that is never pruned, if there is one.
 */
public final class CheckpointStore {
    private static final Pattern NAME = Pattern.compile("step-([0-9]{8,18})");
    private static final String HIDDEN = ".unfinished-";
    private static final String LATEST = "latest";
    private static final String BEST = "best";

    /** Longest file that names a checkpoint. */
    private static final int LONGEST_NAME = 64;

    /** Fills the folder of a checkpoint with everything but {@code trainer.json}. */
    @FunctionalInterface
    public interface Content {
        void writeTo(Path directory) throws IOException;
    }

    /** A checkpoint: its folder and the steps done when it was taken. */
    public record Entry(long step, Path directory) {}

    private final Path directory;
    private final int keepLast;
    private final long keepEvery;

    /**
     * @param directory where the checkpoints are
     * @param keepLast newest ones that stay
     * @param keepEvery those whose step is a multiple stay for ever; 0 for none
     */
    public CheckpointStore(Path directory, int keepLast, long keepEvery) {
        this.directory = directory;
        this.keepLast = keepLast;
        this.keepEvery = keepEvery;
    }

    /** All checkpoints, oldest first, in the order of their numbers. */
    public List<Entry> list() {
        List<Entry> entries = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            files.forEach(file -> {
                Matcher name = NAME.matcher(String.valueOf(file.getFileName()));
                if (name.matches() && Files.isDirectory(file)) {
                    entries.add(new Entry(Long.parseLong(name.group(1)), file));
                }
            });
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException e) {
            throw new UserError("cannot list " + directory + ": " + e, "check its permissions", e);
        }
        entries.sort(Comparator.comparingLong(Entry::step));
        return List.copyOf(entries);
    }

    /** The newest checkpoint. */
    public Optional<Entry> newest() {
        List<Entry> entries = list();
        return entries.isEmpty() ? Optional.empty() : Optional.of(entries.getLast());
    }

    /** The checkpoint that {@link #markBest} named last, if it is there. */
    public Optional<Entry> best() {
        String name = named(directory.resolve(BEST));
        return list().stream().filter(entry -> name(entry.step()).equals(name)).findFirst();
    }

    /** The checkpoint that a file {@code latest} or {@code best} names; empty where {@code file} is no such file, or names nothing that is there. */
    public static Optional<Path> follow(Path file) {
        if (!Files.isRegularFile(file) || !(file.endsWith(LATEST) || file.endsWith(BEST))) {
            return Optional.empty();
        }
        String name = named(file);
        return NAME.matcher(name).matches()
                ? Optional.of(file.resolveSibling(name)).filter(Files::isDirectory)
                : Optional.empty();
    }

    /** What is written in {@code latest} or {@code best}; empty where there is no such file, or it is none of ours. */
    private static String named(Path file) {
        try {
            return Files.size(file) <= LONGEST_NAME ? Files.readString(file).strip() : "";
        } catch (NoSuchFileException | MalformedInputException e) {
            return "";
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e, "check its permissions", e);
        }
    }

    /**
     * Names the checkpoint of this step as the best: it stays whatever the rules say, and the one that was the best before is pruned like others.
     *
     * @throws UserError with exit code 1 if that cannot be written
     */
    public void markBest(long step) {
        if (best().map(entry -> entry.step() == step).orElse(false)) {
            return;
        }
        try {
            DurableFiles.write(directory.resolve(BEST), name(step) + "\n");
            prune();
        } catch (IOException e) {
            UserError error = UserError.failed(
                    "cannot name the best checkpoint in " + directory + ": " + e.getMessage()
                            + "; all checkpoints are whole",
                    "free some space or mend the permissions, then resume");
            error.initCause(e);
            throw error;
        }
    }

    /** Name of a step's folder. */
    static String name(long step) {
        return "step-%08d".formatted(step);
    }

    /**
     * Takes a checkpoint.
     *
     * @return its folder
     * @throws UserError with exit code 1 if it cannot be written (a full disk); what was there before is left as it was
     * @throws IllegalStateException if there is one of this step already
     */
    public Path save(TrainerState state, Content content) {
        Path target = directory.resolve(name(state.step()));
        if (Files.exists(target)) {
            throw new IllegalStateException(target + " exists");
        }
        Path hidden = directory.resolve(HIDDEN + name(state.step()));
        try {
            Files.createDirectories(directory);
            delete(hidden);
            Files.createDirectory(hidden);
            content.writeTo(hidden);
            DurableFiles.write(hidden.resolve(FileHashes.TRAINER), FileHashes.seal(hidden, state.toJson()));
            syncAll(hidden);
            DurableFiles.replace(hidden, target);
        } catch (IOException | UserError e) {
            throw failed(state.step(), hidden, e);
        }
        try {
            DurableFiles.write(directory.resolve(LATEST), name(state.step()) + "\n");
            prune();
        } catch (IOException e) {
            throw new UserError(
                    "checkpoint " + target + " is saved, but older ones could not be tidied up: " + e,
                    "check the disk",
                    e);
        }
        return target;
    }

    private UserError failed(long step, Path hidden, Exception cause) {
        try {
            delete(hidden);
        } catch (IOException leftover) {
            cause.addSuppressed(leftover);
        }
        String kept =
                newest().map(entry -> "; " + entry.directory() + " is whole").orElse("; there is no earlier one");
        UserError error = UserError.failed(
                "cannot save the checkpoint of step " + step + ": " + cause.getMessage() + kept,
                "free some space or mend the permissions, then resume");
        error.initCause(cause);
        return error;
    }

    private static void syncAll(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                DurableFiles.sync(file);
            }
        }
        DurableFiles.syncDirectory(directory);
    }

    /** Deletes what the rules do not keep. */
    private void prune() throws IOException {
        List<Entry> entries = list();
        Optional<Entry> best = best();
        for (Entry entry : entries.subList(0, Math.max(0, entries.size() - keepLast))) {
            boolean kept = (keepEvery > 0 && entry.step() % keepEvery == 0)
                    || best.filter(entry::equals).isPresent();
            if (!kept) {
                Path hidden = directory.resolve(HIDDEN + "delete-" + name(entry.step()));
                delete(hidden);
                DurableFiles.replace(entry.directory(), hidden);
                delete(hidden);
            }
        }
    }

    /** Deletes what a killed process left unfinished. Only for the process that holds the run's lock. */
    public void deleteUnfinished() {
        try (Stream<Path> files = Files.exists(directory) ? Files.list(directory) : Stream.<Path>empty()) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (String.valueOf(file.getFileName()).startsWith(HIDDEN)) {
                    delete(file);
                }
            }
        } catch (IOException e) {
            throw new UserError("cannot tidy up " + directory + ": " + e, "check its permissions", e);
        }
    }

    /** Deletes every checkpoint. */
    public void deleteAll() {
        try {
            Files.deleteIfExists(directory.resolve(LATEST));
            Files.deleteIfExists(directory.resolve(BEST));
            for (Entry entry : list()) {
                Path hidden = directory.resolve(HIDDEN + "delete-" + name(entry.step()));
                delete(hidden);
                DurableFiles.replace(entry.directory(), hidden);
                delete(hidden);
            }
        } catch (IOException e) {
            throw new UserError("cannot delete the checkpoints in " + directory + ": " + e, "check its permissions", e);
        }
    }

    /**
     * Reads a checkpoint's state after holding every file against its checksum.
     *
     * @throws dev.cria.base.MalformedFileException if a byte is not what was written; names the file and the mend
     */
    public static TrainerState verify(Path checkpoint) {
        return TrainerState.fromJson(FileHashes.verify(checkpoint), checkpoint.resolve(FileHashes.TRAINER));
    }

    private static void delete(Path tree) throws IOException {
        if (!Files.exists(tree, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
