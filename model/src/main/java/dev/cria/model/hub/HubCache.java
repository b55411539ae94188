package dev.cria.model.hub;

import dev.cria.base.JsonFiles;
import dev.cria.base.UserError;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder where Hugging Face's own programs keep what they downloaded, and where Cria keeps it too:
 *
 * <pre>
 * models--ORG--NAME/blobs/HASH                  contents, each once
 * models--ORG--NAME/refs/main                   the commit that a branch was at
 * models--ORG--NAME/snapshots/COMMIT/config.json -&gt; ../../blobs/HASH
 * .locks/models--ORG--NAME/                     who writes
 * </pre>
 *
 * and the same with {@code datasets--} for data sets.
 */
public final class HubCache {
    private static final long MAXIMUM_INDEX = 64 << 20;

    private final Path root;

    /** @param root the folder that {@code HF_HUB_CACHE} names */
    public HubCache(Path root) {
        this.root = root;
    }

    /** The cache of this process's user. */
    public static HubCache ofProcess() {
        return new HubCache(HubSettings.ofProcess().cache());
    }

    /**
     * What a name stands for on this machine: the snapshot's folder, or the GGUF file that the name ends with; for a model that was pulled
     * as one GGUF file alone, that file. Of several snapshots it is the one that {@code main} was at last, else the newest.
     *
     * @param name {@code ORG/NAME}, {@code ORG/NAME/FILE.gguf} or {@code ORG/NAME:FILE.gguf}
     * @return empty where {@code name} is no such name, or nothing usable of it is here
     */
    public Optional<Path> find(String name) {
        return HubName.parse(name).flatMap(this::find);
    }

    Optional<Path> find(HubName name) {
        return snapshots(name).stream()
                .map(snapshot -> usable(snapshot, name))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** What of a snapshot is to be loaded, if it is complete enough for that. */
    static Optional<Path> usable(Path snapshot, HubName name) {
        if (name.file().isPresent()) {
            return Optional.of(snapshot.resolve(name.file().get())).filter(Files::isRegularFile);
        }
        boolean weights = Files.isRegularFile(snapshot.resolve("model.safetensors")) || hasAllShards(snapshot);
        if (weights && Files.isRegularFile(snapshot.resolve("config.json"))) {
            return Optional.of(snapshot);
        }
        if (Files.isRegularFile(snapshot.resolve("adapter_model.safetensors"))
                && Files.isRegularFile(snapshot.resolve("adapter_config.json"))) {
            return Optional.of(snapshot);
        }
        try (Stream<Path> files = Files.walk(snapshot, 4)) {
            List<Path> gguf = files.filter(path -> path.toString().endsWith(".gguf") && Files.isRegularFile(path))
                    .limit(2)
                    .toList();
            return gguf.size() == 1 ? Optional.of(gguf.getFirst()) : Optional.empty();
        } catch (IOException | UncheckedIOException e) {
            return Optional.empty();
        }
    }

    private static boolean hasAllShards(Path snapshot) {
        Path index = snapshot.resolve("model.safetensors.index.json");
        if (!Files.isRegularFile(index)) {
            return false;
        }
        try {
            return JsonFiles.readObject(index, MAXIMUM_INDEX).path("weight_map").values().stream()
                    .map(shard -> shard.asString(""))
                    .distinct()
                    .allMatch(shard ->
                            RepositoryPaths.problem(shard).isEmpty() && Files.isRegularFile(snapshot.resolve(shard)));
        } catch (UserError e) {
            return true; // whoever loads it will say what is wrong with it
        }
    }

    /** The folder of a revision as it was last pulled, whole or in part; empty where it never was. */
    public Optional<Path> pulled(HubName name, String revision) {
        return commit(name, revision).map(commit -> snapshot(name, commit)).filter(Files::isDirectory);
    }

    /** The snapshots that are here, the one to prefer first. */
    private List<Path> snapshots(HubName name) {
        List<Path> found = new ArrayList<>();
        try (Stream<Path> folders = Files.list(repository(name).resolve("snapshots"))) {
            folders.filter(Files::isDirectory).forEach(found::add);
        } catch (IOException e) {
            return List.of();
        }
        Optional<String> main = commit(name, PullRequest.MAIN);
        found.sort(Comparator.<Path>comparingInt(path -> main.isPresent() && path.endsWith(main.get()) ? 0 : 1)
                .thenComparing(Comparator.comparing(HubCache::modified).reversed())
                .thenComparing(Comparator.naturalOrder()));
        return found;
    }

    private static Long modified(Path path) {
        try {
            return Files.getLastModifiedTime(path).toMillis();
        } catch (IOException e) {
            return 0L;
        }
    }

    /** The commit that a revision was at when it was last pulled; a commit is itself. */
    Optional<String> commit(HubName name, String revision) {
        if (revision.matches("[0-9a-f]{40}")) {
            return Optional.of(revision);
        }
        try {
            Path file = reference(name, revision);
            return Files.isRegularFile(file) && Files.size(file) < 1000
                    ? Optional.of(Files.readString(file).strip()).filter(text -> text.matches("[0-9a-f]{40,64}"))
                    : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    Path root() {
        return root;
    }

    Path repository(HubName name) {
        return root.resolve(name.folder());
    }

    Path lock(HubName name) {
        return root.resolve(".locks").resolve(name.folder()).resolve("cria.lock");
    }

    Path blob(HubName name, HubFile file) {
        return repository(name).resolve("blobs").resolve(file.blob());
    }

    Path snapshot(HubName name, String commit) {
        return repository(name).resolve("snapshots").resolve(commit);
    }

    Path reference(HubName name, String revision) {
        return repository(name).resolve("refs").resolve(revision);
    }

    /** Whether a file's content is here, as a blob or, where links are impossible, in the snapshot itself. */
    boolean holds(HubName name, HubFile file, String commit) {
        Path pointer = snapshot(name, commit).resolve(file.path());
        return hasSize(blob(name, file), file.size())
                || Files.isRegularFile(pointer, LinkOption.NOFOLLOW_LINKS) && hasSize(pointer, file.size());
    }

    private static boolean hasSize(Path file, long size) {
        try {
            return Files.isRegularFile(file) && Files.size(file) == size;
        } catch (IOException e) {
            return false;
        }
    }

    /** Makes a blob appear in the snapshot under its file's name. Where links are impossible, the blob itself goes there. */
    void link(HubName name, HubFile file, String commit) throws IOException {
        Path pointer = snapshot(name, commit).resolve(file.path()).toAbsolutePath();
        Path folder = pointer.resolveSibling("");
        Path blob = blob(name, file);
        if (!Files.exists(blob)) {
            return; // it is in the snapshot itself, see holds()
        }
        Files.createDirectories(folder);
        Path target = folder.relativize(blob.toAbsolutePath());
        if (Files.isSymbolicLink(pointer) && Files.readSymbolicLink(pointer).equals(target)) {
            return;
        }
        Path beside = folder.resolve(pointer.getFileName() + ".cria-link");
        Files.deleteIfExists(beside);
        try {
            Files.createSymbolicLink(beside, target);
        } catch (UnsupportedOperationException | FileSystemException e) {
            Files.move(blob, pointer, StandardCopyOption.REPLACE_EXISTING);
            return;
        }
        Files.move(beside, pointer, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
