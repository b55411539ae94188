package dev.cria.eval.rows;

import dev.cria.base.UserError;
import dev.cria.data.ParquetRows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Files of rows: which there are for a name, and what they hold. */
public final class RowFiles {
    /** The endings that are looked for, in this order. */
    public static final List<String> ENDINGS = List.of(".jsonl", ".json", ".parquet");

    private static final Pattern PART = Pattern.compile("-([0-9]{5})-of-([0-9]{5})$");

    private RowFiles() {}

    /**
     * The files of a name without its ending: {@code name.jsonl}, {@code name.json} or {@code name.parquet}, or the parts
     * {@code name-00000-of-00003.parquet} and so on, all of them; none where there is no such file.
     *
     * @throws UserError where a part is missing
     */
    public static List<Path> find(Path base) {
        for (String ending : ENDINGS) {
            Path whole = Path.of(base + ending);
            if (Files.isRegularFile(whole)) {
                return List.of(whole);
            }
            List<Path> parts = parts(base, ending);
            if (!parts.isEmpty()) {
                return parts;
            }
        }
        return List.of();
    }

    private static List<Path> parts(Path base, String ending) {
        Path folder = base.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            return List.of();
        }
        String stem = String.valueOf(base.getFileName());
        TreeSet<Path> found = new TreeSet<>();
        int of = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                String name = String.valueOf(file.getFileName());
                if (!name.startsWith(stem + "-") || !name.endsWith(ending)) {
                    continue;
                }
                Matcher part = PART.matcher(name.substring(stem.length(), name.length() - ending.length()));
                if (part.lookingAt()) {
                    found.add(file);
                    of = Math.max(of, Integer.parseInt(part.group(2)));
                }
            }
        } catch (IOException e) {
            throw new UserError("cannot list " + folder + ": " + e.getMessage(), "check its permissions", e);
        }
        if (found.size() != of) {
            throw new UserError(
                    folder + " holds " + found.size() + " of the " + of + " parts of " + stem + ending,
                    "download the missing ones");
        }
        return new ArrayList<>(found);
    }

    /**
     * All rows of these files, in order.
     *
     * @throws UserError where a file is missing, damaged or without rows
     */
    public static List<Row> read(List<Path> files) {
        List<Row> rows = new ArrayList<>();
        for (Path file : files) {
            rows.addAll(read(file));
        }
        if (rows.isEmpty()) {
            throw new UserError(files.getFirst() + " holds no rows", "restore the file");
        }
        return rows;
    }

    private static List<Row> read(Path file) {
        String name = String.valueOf(file.getFileName());
        if (name.endsWith(".txt")) {
            return PromptRows.read(file);
        }
        if (!name.endsWith(".parquet")) {
            return StrictJsonLines.read(file);
        }
        List<Row> rows = new ArrayList<>();
        for (Map<String, @Nullable Object> values : ParquetRows.read(file)) {
            rows.add(new Row(values, file, "row " + (rows.size() + 1)));
        }
        return rows;
    }
}
