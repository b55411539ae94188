package dev.cria.model.safetensors;

import dev.cria.base.MalformedFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/**
 * The JSON header of a safetensors file, read token by token so that nothing is held but the entries. Every rule of the format is checked
 * here: known types, bytes that are exactly those of the shape, one name once, and data without overlap or hole up to the file's end.
 */
record Header(Map<String, TensorEntry> entries, Map<String, String> metadata) {
    /** The format's own limit. */
    static final long MAXIMUM_BYTES = 100_000_000;

    private static final int MAXIMUM_RANK = 32;
    private static final String RESTORE = "the file is damaged or no safetensors file: fetch or write it again";
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(4)
                    .maxNumberLength(20)
                    .maxNameLength(4096)
                    .maxStringLength((int) MAXIMUM_BYTES)
                    .build())
            .build();

    /**
     * Parses and checks a header.
     *
     * @param bytes the JSON text
     * @param dataBytes bytes of the file after the header
     * @throws MalformedFileException if any rule is broken
     */
    static Header parse(Path file, byte[] bytes, long dataBytes) {
        Map<String, TensorEntry> entries = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        if (bytes.length == 0 || bytes[0] != '{') {
            throw malformed(file, 8, "the header does not begin with '{'");
        }
        try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), bytes)) {
            expect(file, json, json.nextToken(), JsonToken.START_OBJECT);
            while (json.nextToken() == JsonToken.PROPERTY_NAME) {
                String name = json.currentName();
                expect(file, json, json.nextToken(), JsonToken.START_OBJECT);
                if (name.equals("__metadata__")) {
                    readMetadata(file, json, metadata);
                } else if (entries.put(name, readEntry(file, json, name)) != null) {
                    throw malformed(file, at(json), "tensor '" + name + "' stands in the header twice");
                }
            }
            expect(file, json, json.currentToken(), JsonToken.END_OBJECT);
            if (json.nextToken() != null) {
                throw malformed(file, at(json), "the header goes on after its end");
            }
        } catch (JacksonException e) {
            throw malformed(
                    file,
                    8
                            + Math.max(
                                    0,
                                    e.getLocation() == null
                                            ? 0
                                            : e.getLocation().getByteOffset()),
                    "the header is no valid JSON");
        }
        requireGapless(file, entries, 8L + bytes.length, dataBytes);
        return new Header(entries, metadata);
    }

    private static void readMetadata(Path file, JsonParser json, Map<String, String> metadata) {
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = json.currentName();
            expect(file, json, json.nextToken(), JsonToken.VALUE_STRING);
            if (metadata.put(key, json.getString()) != null) {
                throw malformed(file, at(json), "metadata key '" + key + "' stands there twice");
            }
        }
        expect(file, json, json.currentToken(), JsonToken.END_OBJECT);
    }

    private static TensorEntry readEntry(Path file, JsonParser json, String name) {
        String type = "";
        List<Long> shape = null;
        List<Long> offsets = null;
        while (json.nextToken() == JsonToken.PROPERTY_NAME) {
            String key = json.currentName();
            JsonToken value = json.nextToken();
            switch (key) {
                case "dtype" -> {
                    expect(file, json, value, JsonToken.VALUE_STRING);
                    type = json.getString();
                }
                case "shape" -> shape = readCounts(file, json, value);
                case "data_offsets" -> offsets = readCounts(file, json, value);
                default -> throw malformed(file, at(json), "tensor '" + name + "' has an unknown field '" + key + "'");
            }
        }
        expect(file, json, json.currentToken(), JsonToken.END_OBJECT);
        if (shape == null || offsets == null || offsets.size() != 2) {
            throw malformed(file, at(json), "tensor '" + name + "' lacks its shape or its two data_offsets");
        }
        String spelling = type;
        ElementType elementType = ElementType.named(type)
                .orElseThrow(() ->
                        malformed(file, at(json), "tensor '" + name + "' has the unknown dtype '" + spelling + "'"));
        TensorEntry entry = new TensorEntry(name, elementType, List.copyOf(shape), offsets.get(0), offsets.get(1));
        requireExactBytes(file, at(json), entry);
        return entry;
    }

    private static void requireExactBytes(Path file, long at, TensorEntry entry) {
        long expected = entry.type().bytes();
        try {
            for (long dim : entry.shape()) {
                expected = Math.multiplyExact(expected, dim);
            }
        } catch (ArithmeticException e) {
            throw malformed(file, at, "the shape of '" + entry.name() + "' overflows");
        }
        if (entry.begin() > entry.end() || entry.end() - entry.begin() != expected) {
            throw malformed(
                    file,
                    at,
                    "'" + entry.name() + "' is " + entry.describe() + ", " + expected + " bytes, but its offsets are "
                            + entry.begin() + " to " + entry.end());
        }
    }

    private static List<Long> readCounts(Path file, JsonParser json, JsonToken start) {
        expect(file, json, start, JsonToken.START_ARRAY);
        List<Long> counts = new ArrayList<>();
        while (json.nextToken() == JsonToken.VALUE_NUMBER_INT) {
            // A larger number than a long makes getLongValue throw a JacksonException, which parse turns into a
            // refusal.
            long count = json.getLongValue();
            if (count < 0 || counts.size() == MAXIMUM_RANK) {
                throw malformed(
                        file, at(json), "a shape or offset is negative, or has more than " + MAXIMUM_RANK + " numbers");
            }
            counts.add(count);
        }
        expect(file, json, json.currentToken(), JsonToken.END_ARRAY);
        return counts;
    }

    private static void requireGapless(Path file, Map<String, TensorEntry> entries, long headerEnd, long dataBytes) {
        List<TensorEntry> inOrder = new ArrayList<>(entries.values());
        inOrder.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
        long position = 0;
        for (TensorEntry entry : inOrder) {
            if (entry.begin() != position) {
                throw malformed(
                        file,
                        headerEnd + position,
                        "'" + entry.name() + "' begins at data byte " + entry.begin() + " where " + position
                                + " was expected (overlap or hole)");
            }
            position = entry.end();
            if (position > dataBytes) {
                throw malformed(
                        file,
                        headerEnd + dataBytes,
                        "the file ends inside '" + entry.name() + "', which needs " + (position - dataBytes)
                                + " bytes more");
            }
        }
        if (position != dataBytes) {
            throw malformed(file, headerEnd + position, (dataBytes - position) + " bytes follow the last tensor");
        }
    }

    private static void expect(Path file, JsonParser json, JsonToken found, JsonToken expected) {
        if (found != expected) {
            throw malformed(file, at(json), "the header has " + found + " where " + expected + " was expected");
        }
    }

    private static long at(JsonParser json) {
        return 8 + Math.max(0, json.currentTokenLocation().getByteOffset());
    }

    static MalformedFileException malformed(Path file, long offset, String what) {
        return new MalformedFileException(file, offset, what, RESTORE);
    }
}
