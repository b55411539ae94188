package dev.cria.data;

import java.nio.file.Path;
import java.util.List;

/**
 * A finished preparation.
 *
 * @param output the data set's directory
 * @param manifest what is in it
 * @param progress the final counts and time
 * @param notices sentences the user should see: an empty validation part, skipped files, repaired bytes
 */
public record PrepareResult(Path output, Manifest manifest, PrepareProgress progress, List<String> notices) {
    public PrepareResult {
        notices = List.copyOf(notices);
    }
}
