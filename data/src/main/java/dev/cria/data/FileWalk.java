package dev.cria.data;

import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The regular files below a folder, each folder's by name, so that the order is the same on every machine. Hidden files and folders (names
 * with a leading dot) are passed over, and so are linked folders, which could run in circles. Holds one folder's list per level in memory.
 */
final class FileWalk {
    private final Path root;
    private final Deque<Iterator<Path>> levels = new ArrayDeque<>();

    FileWalk(Path root) {
        this.root = root;
        levels.push(list(root));
    }

    /** The next file; null at the end. */
    @Nullable
    Path next() {
        while (!levels.isEmpty()) {
            Iterator<Path> level = levels.peek();
            if (!level.hasNext()) {
                levels.pop();
                continue;
            }
            Path path = level.next();
            if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
                levels.push(list(path));
            } else if (Files.isRegularFile(path)) {
                return path;
            }
        }
        return null;
    }

    /** The path below the folder, with {@code /}. */
    String relative(Path file) {
        return root.relativize(file).toString().replace('\\', '/');
    }

    private static Iterator<Path> list(Path folder) {
        try (Stream<Path> entries = Files.list(folder)) {
            List<Path> sorted = entries.filter(path -> !name(path).startsWith("."))
                    .sorted(Comparator.comparing(FileWalk::name))
                    .toList();
            return sorted.iterator();
        } catch (IOException e) {
            throw new UserError("cannot list the folder " + folder, "check its permissions", e);
        }
    }

    private static String name(Path path) {
        return String.valueOf(path.getFileName());
    }
}
