package dev.cria.model.hub;

import java.nio.file.Path;
import java.util.List;

/**
 * What a pull brought.
 *
 * @param path what to give to {@code --model}: the snapshot's folder, or the one GGUF file in it
 * @param snapshot the folder of this commit
 * @param commit the commit
 * @param files the chosen files' paths in the repository
 * @param bytes their bytes together
 * @param downloadedBytes those of them that were not here before
 */
public record PullResult(
        Path path, Path snapshot, String commit, List<String> files, long bytes, long downloadedBytes) {
    public PullResult {
        files = List.copyOf(files);
    }
}
