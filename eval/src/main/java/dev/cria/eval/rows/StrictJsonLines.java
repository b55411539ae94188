package dev.cria.eval.rows;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON lines: one object a line, in UTF-8, lines ended by line feeds; blank lines are skipped. A file named {@code .json} may also be a
 * single object with the rows in its list {@code examples}, as BIG-Bench Hard is published. Stricter than {@link dev.cria.data.JsonRows}, because
 * what is scored must be what stands in the file: no key twice, nothing after an object, no half characters.
 */
final class StrictJsonLines {
    private static final long MAXIMUM_BYTES = 1L << 30;
    private static final int MAXIMUM_DEPTH = 32;
    private static final TypeReference<Map<String, @Nullable Object>> OBJECT = new TypeReference<>() {};

    private static final ObjectReader READER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAXIMUM_DEPTH)
                            .maxNumberLength(100)
                            .maxStringLength(1 << 26)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_LONG_FOR_INTS)
            .build()
            .readerFor(OBJECT);

    private StrictJsonLines() {}

    /**
     * @throws UserError where the file is missing, or holds no rows
     * @throws MalformedFileException where a line is damaged, naming it
     */
    static List<Row> read(Path file) {
        byte[] bytes = bytes(file);
        List<Row> rows = new ArrayList<>();
        int line = 1;
        for (int from = 0; from < bytes.length; line++) {
            int to = from;
            while (to < bytes.length && bytes[to] != '\n') {
                to++;
            }
            if (!isBlank(bytes, from, to)) {
                rows.add(row(bytes, from, to, file, line));
            }
            from = to + 1;
        }
        return unwrapped(rows, file);
    }

    private static byte[] bytes(Path file) {
        try {
            long size = Files.size(file);
            if (size > MAXIMUM_BYTES) {
                throw new UserError(
                        file + " is " + size + " bytes long; at most " + MAXIMUM_BYTES + " make sense for a benchmark",
                        "check that this is the right file");
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new UserError(file + " does not exist", "check the path", e);
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e.getMessage(), "check its permissions", e);
        }
    }

    private static boolean isBlank(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r') {
                return false;
            }
        }
        return true;
    }

    private static Row row(byte[] bytes, int from, int to, Path file, int line) {
        String place = "line " + line;
        try {
            Map<String, @Nullable Object> values = READER.readValue(bytes, from, to - from);
            if (values == null) {
                throw new MalformedFileException(file, -1, place + ": null is no row", hint());
            }
            check(values, file, place);
            return new Row(values, file, place);
        } catch (JacksonException e) {
            String what = e.getOriginalMessage();
            int end = what.indexOf('\n');
            String first = end < 0 ? what : what.substring(0, end);
            throw new MalformedFileException(file, -1, place + ": is no JSON object: " + Row.shortened(first), hint());
        }
    }

    private static String hint() {
        return "each line must be one JSON object; restore the file, or take the line out";
    }

    /** Halves of characters would become question marks on their way to the model. */
    private static void check(@Nullable Object value, Path file, String place) {
        switch (value) {
            case Map<?, ?> map -> map.values().forEach(item -> check(item, file, place));
            case List<?> list -> list.forEach(item -> check(item, file, place));
            case String text -> {
                for (int i = 0; i < text.length(); i++) {
                    if (Character.isSurrogate(text.charAt(i))) {
                        if (!Character.isSurrogatePair(
                                text.charAt(i), i + 1 < text.length() ? text.charAt(i + 1) : 0)) {
                            throw new MalformedFileException(
                                    file, -1, place + ": a text holds half of a surrogate pair", hint());
                        }
                        i++;
                    }
                }
            }
            case null, default -> {}
        }
    }

    private static List<Row> unwrapped(List<Row> rows, Path file) {
        if (!file.toString().endsWith(".json")
                || rows.size() != 1
                || !(rows.getFirst().values().get("examples") instanceof List<?> examples)) {
            return rows;
        }
        List<Row> inner = new ArrayList<>();
        for (Object example : examples) {
            String place = "example " + (inner.size() + 1);
            if (!(example instanceof Map<?, ?> map)) {
                throw new MalformedFileException(file, -1, place + " is no object", hint());
            }
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            map.forEach((key, value) -> values.put((String) key, value));
            inner.add(new Row(values, file, place));
        }
        return inner;
    }
}
