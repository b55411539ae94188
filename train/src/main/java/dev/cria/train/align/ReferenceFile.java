package dev.cria.train.align;

import dev.cria.base.DurableFiles;
import dev.cria.base.JsonFiles;
import dev.cria.base.MalformedFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code reference.json}: what the starting model thinks of each answer, kept so that it is asked once. It says what it was made of (model,
 * pairs, template, arithmetic) and carries a checksum of all it holds. It may be of the first answers alone, where a run was stopped while
 * it asked.
 */
final class ReferenceFile {
    private static final int VERSION = 1;

    /** What the rest of the file may take beside its numbers. */
    private static final long HEADER_BYTES = 1 << 20;

    /** A number with its comma, indented on a line of its own. */
    private static final long NUMBER_BYTES = 40;

    private ReferenceFile() {}

    /**
     * Reads what is known.
     *
     * @param made what it must have been made of
     * @param most numbers that there can be
     * @return log-probabilities of the first answers; none where there is no such file, or it was made of something else
     * @throws MalformedFileException if its bytes are not those that were written
     */
    static double[] read(Path file, Map<String, String> made, int most) {
        if (!Files.exists(file)) {
            return new double[0];
        }
        ObjectNode json = JsonFiles.readObject(file, HEADER_BYTES + NUMBER_BYTES * most);
        Map<String, String> its = new TreeMap<>();
        json.path("made_of")
                .properties()
                .forEach(each -> its.put(each.getKey(), each.getValue().asString("")));
        JsonNode numbers = json.path("log_probabilities");
        if (json.path("version").asInt(0) != VERSION || !its.equals(made) || !numbers.isArray()) {
            return new double[0];
        }
        double[] values = new double[Math.min(most, numbers.size())];
        Arrays.setAll(values, i -> numbers.get(i).asDouble(Double.NaN));
        if (numbers.size() > most || !json.path("sha256").asString("").equals(hash(made, values))) {
            throw new MalformedFileException(
                    file, -1, "its bytes are not those that were written", "delete it: it is made again");
        }
        return values;
    }

    /** Writes the first {@code count} numbers; the file is there wholly or as it was before. */
    static void write(Path file, Map<String, String> made, double[] values, int count) throws IOException {
        double[] known = Arrays.copyOf(values, count);
        ObjectNode json = JsonFiles.newObject().put("version", VERSION);
        ObjectNode names = json.putObject("made_of");
        new TreeMap<>(made).forEach(names::put);
        json.put("sha256", hash(made, known));
        ArrayNode numbers = json.putArray("log_probabilities");
        for (double value : known) {
            numbers.add(value);
        }
        DurableFiles.write(file, JsonFiles.render(json));
    }

    private static String hash(Map<String, String> made, double[] values) {
        MessageDigest digest = sha256();
        new TreeMap<>(made)
                .forEach((name, value) -> digest.update((name + "\0" + value + "\0").getBytes(StandardCharsets.UTF_8)));
        ByteBuffer bytes = ByteBuffer.allocate(8 * values.length);
        bytes.asDoubleBuffer().put(values);
        digest.update(bytes.array());
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
