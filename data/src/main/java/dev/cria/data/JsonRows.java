package dev.cria.data;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;

/**
 * Files of records of any shape: JSON Lines, a JSON array of objects ({@code .json}), both also packed ({@code .gz}, {@code .zst}), and
 * Parquet. Rows come one at a time, so that a file may be larger than the memory.
 */
public final class JsonRows {
    private static final int MAXIMUM_DEPTH = 64;
    private static final String HINT = "mend or delete the row";

    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAXIMUM_DEPTH)
                            .maxStringLength(ReadOptions.MAXIMUM_RECORD_BYTES)
                            .build())
                    .build())
            .build();

    private JsonRows() {}

    /**
     * A record.
     *
     * @param value an object
     * @param source its file and place there, for messages
     */
    public record Row(JsonNode value, String source) {}

    /**
     * The files of a path: itself, or all files of these kinds below a folder, by name.
     *
     * @throws UserError if there are none
     */
    public static List<Path> files(Path fileOrFolder) {
        if (!Files.exists(fileOrFolder)) {
            throw new UserError(fileOrFolder + " does not exist", "check the path");
        }
        if (!Files.isDirectory(fileOrFolder)) {
            return List.of(fileOrFolder);
        }
        List<Path> files = new ArrayList<>();
        FileWalk walk = new FileWalk(fileOrFolder);
        for (Path file = walk.next(); file != null; file = walk.next()) {
            String name = Compression.withoutSuffix(file.toString().toLowerCase(Locale.ROOT));
            if (name.endsWith(".jsonl") || name.endsWith(".json") || name.endsWith(".parquet")) {
                files.add(file);
            }
        }
        if (files.isEmpty()) {
            throw new UserError(fileOrFolder + " holds no .jsonl, .json or .parquet file", "check the path");
        }
        return files;
    }

    /** Bytes of a file; 0 where that cannot be told. */
    public static long bytes(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            return 0;
        }
    }

    /** Reads all rows of a file; errors as {@link #read(Path, Consumer, AtomicLong)}. */
    public static void read(Path file, Consumer<Row> consumer) {
        read(file, consumer, new AtomicLong());
    }

    /**
     * Reads all rows of a file.
     *
     * @param bytes says, while rows are handed on, how many bytes of the file are behind them; an estimate
     * @throws UserError if it cannot be read
     * @throws MalformedFileException if it is damaged, or a row is no object
     */
    public static void read(Path file, Consumer<Row> consumer, AtomicLong bytes) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".parquet")) {
            ParquetRows.forEach(file, (number, share, row) -> {
                bytes.set((long) (share * bytes(file)));
                consumer.accept(new Row(JSON.valueToTree(row), file + ": row " + number));
            });
            return;
        }
        try (InputStream in = Compression.unpackByName(new CountingInput(Files.newInputStream(file), bytes), name)) {
            if (Compression.withoutSuffix(name).endsWith(".json")) {
                array(in, file, consumer);
            } else {
                lines(in, file, consumer);
            }
        } catch (NoSuchFileException e) {
            throw new UserError(file + " does not exist", "check the path", e);
        } catch (LineReader.LineTooLongException e) {
            throw new MalformedFileException(
                    file, -1, "has a line of over " + ReadOptions.MAXIMUM_RECORD_BYTES + " bytes", "is it JSON Lines?");
        } catch (IOException e) {
            if (Compression.isDamage(e)) {
                throw new MalformedFileException(file, -1, "is damaged: " + e.getMessage(), "download it again");
            }
            throw new UserError("cannot read " + file + ": " + e.getMessage(), "check its permissions", e);
        }
    }

    private static void lines(InputStream in, Path file, Consumer<Row> consumer) throws IOException {
        LineReader lines = new LineReader(in, ReadOptions.MAXIMUM_RECORD_BYTES);
        while (lines.next()) {
            int start = lines.number() == 1 ? lines.startWithoutMark() : lines.start();
            String source = file + ":" + lines.number();
            JsonNode value;
            try {
                value = JSON.readTree(lines.buffer(), start, lines.end() - start);
            } catch (JacksonException e) {
                throw new MalformedFileException(
                        file, lines.offset(), "line " + lines.number() + " is broken JSON: " + firstLine(e), HINT);
            }
            if (!value.isMissingNode()) {
                consumer.accept(new Row(object(value, file, "line " + lines.number()), source));
            }
        }
    }

    private static void array(InputStream in, Path file, Consumer<Row> consumer) {
        int number = 0;
        try (MappingIterator<JsonNode> values = JSON.readerFor(JsonNode.class).readValues(in)) {
            while (values.hasNextValue()) {
                JsonNode value = values.nextValue();
                number++;
                consumer.accept(new Row(object(value, file, "row " + number), file + ": row " + number));
            }
        } catch (JacksonException e) {
            throw new MalformedFileException(
                    file, -1, "row " + (number + 1) + " is broken JSON: " + firstLine(e), HINT);
        }
    }

    private static JsonNode object(JsonNode value, Path file, String where) {
        if (!value.isObject()) {
            throw new MalformedFileException(file, -1, where + " is no JSON object", HINT);
        }
        return value;
    }

    private static String firstLine(JacksonException e) {
        String message = String.valueOf(e.getOriginalMessage());
        int end = message.indexOf('\n');
        message = end < 0 ? message : message.substring(0, end);
        return message.length() <= 200 ? message : message.substring(0, 200) + "...";
    }
}
