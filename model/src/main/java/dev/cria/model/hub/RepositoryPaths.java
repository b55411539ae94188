package dev.cria.model.hub;

import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Names of files that a hub lists. They become paths on this machine, so a name that could reach outside its folder is refused. */
final class RepositoryPaths {
    private static final int LONGEST_PATH = 1024;
    private static final int LONGEST_NAME = 255;

    private RepositoryPaths() {}

    /** What is wrong with a name, as the rest of a sentence; empty where it is safe. */
    static Optional<String> problem(String name) {
        if (name.isEmpty()) {
            return Optional.of("is empty");
        }
        if (name.chars().anyMatch(Character::isISOControl)) {
            return Optional.of("holds a control character");
        }
        if (name.codePoints().anyMatch(RepositoryPaths::deceives)) {
            return Optional.of("holds an invisible character");
        }
        if (name.startsWith("/") || name.indexOf('\\') >= 0 || name.matches("[A-Za-z]:.*")) {
            return Optional.of("is no relative path with plain slashes");
        }
        if (name.getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
            return Optional.of("is longer than " + LONGEST_PATH + " bytes");
        }
        for (String segment : name.split("/", -1)) {
            if (segment.isEmpty() || segment.equals(".") || segment.equals("..")) {
                return Optional.of("has an empty, '.' or '..' part");
            }
            if (segment.getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
                return Optional.of("has a part longer than " + LONGEST_NAME + " bytes");
            }
        }
        try {
            Path path = Path.of(name);
            return path.isAbsolute() || !path.normalize().equals(path)
                    ? Optional.of("is no relative path")
                    : Optional.empty();
        } catch (InvalidPathException e) {
            return Optional.of("is no path on this system");
        }
    }

    /** Format characters (they turn the direction of text round, or are not seen) and halves of surrogate pairs. */
    private static boolean deceives(int codePoint) {
        int type = Character.getType(codePoint);
        return type == Character.FORMAT || type == Character.SURROGATE;
    }

    /** A stranger's text as it may be shown in a terminal. */
    static String printable(String text) {
        StringBuilder shown = new StringBuilder();
        text.codePoints()
                .limit(120)
                .forEach(c -> shown.appendCodePoint(Character.isISOControl(c) || deceives(c) ? '?' : c));
        return text.codePointCount(0, text.length()) > 120 ? shown + "…" : shown.toString();
    }
}
