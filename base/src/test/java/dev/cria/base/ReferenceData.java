package dev.cria.base;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Finds the reference data: {@code $CRIA_REFERENCE_DATA}, else {@code ../shared} beside the repository. */
public final class ReferenceData {
    private ReferenceData() {}

    /** The path below the reference data; aborts the test with a message where it is absent. */
    public static Path require(String relative) {
        Path path = root().resolve(relative);
        Assumptions.assumeTrue(
                Files.exists(path),
                () -> "reference data not found: " + path
                        + " (set CRIA_REFERENCE_DATA to the folder that holds golden/)");
        return path;
    }

    private static Path root() {
        String set = System.getenv("CRIA_REFERENCE_DATA");
        return set != null && !set.isBlank() ? Path.of(set) : repositoryRoot().resolveSibling("shared");
    }

    /** The root of this checkout. */
    public static Path repositoryRoot() {
        String set = System.getProperty("cria.repositoryRoot");
        Path from = Path.of(set != null ? set : "").toAbsolutePath();
        while (from != null && !Files.exists(from.resolve("base/pom.xml"))) {
            from = from.getParent();
        }
        if (from == null) {
            throw new IllegalStateException("not run inside the repository");
        }
        return from;
    }
}
