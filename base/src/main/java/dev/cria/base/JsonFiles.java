package dev.cria.base;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Reads and writes small JSON files (configurations, manifests): bounded in size and depth, duplicate keys refused. */
public final class JsonFiles {
    private static final int MAXIMUM_DEPTH = 64;
    private static final int MAXIMUM_NUMBER_LENGTH = 100;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAXIMUM_DEPTH)
                            .maxNumberLength(MAXIMUM_NUMBER_LENGTH)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private JsonFiles() {}

    /**
     * Reads a file that holds one JSON object.
     *
     * @param maximumBytes a larger file is refused before it is read
     * @throws UserError if the file is missing or cannot be read
     * @throws MalformedFileException if it is larger than allowed, no JSON, or no object
     */
    public static ObjectNode readObject(Path file, long maximumBytes) {
        byte[] bytes;
        try {
            long size = Files.size(file);
            if (size > maximumBytes) {
                throw new MalformedFileException(
                        file, -1, "is " + size + " bytes long; at most " + maximumBytes + " make sense here", "");
            }
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw new UserError(file + " does not exist", "check the path");
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e.getMessage(), "check the path and its permissions", e);
        }
        return parseObject(bytes, file);
    }

    /** Parses one JSON object; {@code file} only names it in messages. Errors as {@link #readObject}. */
    public static ObjectNode parseObject(byte[] bytes, Path file) {
        JsonNode node;
        try {
            node = MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " (line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr() + ")";
            throw new MalformedFileException(
                    file, -1, "is no valid JSON: " + firstLine(e.getOriginalMessage()) + where, "restore the file");
        }
        if (!(node instanceof ObjectNode object)) {
            throw new MalformedFileException(file, -1, "does not hold a JSON object", "restore the file");
        }
        return object;
    }

    /** A new empty object to fill and {@link #render}. */
    public static ObjectNode newObject() {
        return MAPPER.createObjectNode();
    }

    /** The object as indented JSON with a final newline, the same on every platform. */
    public static String render(JsonNode node) {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        DefaultPrettyPrinter printer =
                new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
        return MAPPER.writer().with(printer).writeValueAsString(node) + "\n";
    }

    private static String firstLine(String message) {
        int end = message.indexOf('\n');
        String line = end < 0 ? message : message.substring(0, end);
        return line.length() > 300 ? line.substring(0, 300) + "…" : line;
    }
}
