package dev.cria.data;

import dev.cria.base.DurableFiles;
import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reads and writes {@link Manifest}s as JSON with a {@code checksum}: the SHA-256 of the compact JSON without that field, so that a flipped
 * byte anywhere is noticed while another layout is not minded.
 */
final class ManifestFile {
    private static final String CHECKSUM = "checksum";
    private static final String HINT =
            "prepare the data again, or restore the file from a copy; it is not meant to be edited";
    /** A manifest of 100,000 shards has about 20 MB. */
    private static final long MAXIMUM_BYTES = 256L << 20;

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private ManifestFile() {}

    static void write(Path directory, Manifest manifest) throws IOException {
        ObjectNode tree = JSON.valueToTree(manifest);
        // Map.copyOf has no order of its own; the file's must always be the same.
        tree.set("splits", JSON.valueToTree(new TreeMap<>(manifest.splits())));
        tree.put(CHECKSUM, checksum(tree));
        String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(tree);
        DurableFiles.write(directory.resolve(Manifest.FILE), text + "\n");
    }

    /** @throws UserError when there is none; {@link MalformedFileException} when it is damaged */
    static Manifest read(Path directory) {
        Path file = directory.resolve(Manifest.FILE);
        if (!Files.isRegularFile(file)) {
            throw new UserError(
                    directory + " is no prepared data set: it has no " + Manifest.FILE,
                    Files.exists(directory.resolve(OutputDirectory.MARKER))
                            ? "its preparation did not end; run `cria data prepare` again"
                            : "make one with `cria data prepare --input ... --output " + directory + "`");
        }
        try {
            long size = Files.size(file);
            if (size > MAXIMUM_BYTES) {
                throw new MalformedFileException(file, -1, "has " + size + " bytes, too many for a manifest", HINT);
            }
            if (!(JSON.readTree(Files.readAllBytes(file)) instanceof ObjectNode tree)) {
                throw new MalformedFileException(file, -1, "is not a JSON object", HINT);
            }
            if (!Manifest.FORMAT.equals(tree.path("format").asString(""))) {
                throw new MalformedFileException(file, -1, "is not the manifest of a Cria data set", HINT);
            }
            if (tree.path("version").asInt(-1) != Manifest.VERSION) {
                throw new MalformedFileException(
                        file,
                        -1,
                        "has version " + tree.path("version") + "; this Cria reads " + Manifest.VERSION,
                        "prepare the data again with this version");
            }
            JsonNode stated = tree.remove(CHECKSUM);
            if (stated == null || !checksum(tree).equals(stated.asString(""))) {
                throw new MalformedFileException(file, -1, "its checksum does not match its contents", HINT);
            }
            Manifest manifest = JSON.treeToValue(tree, Manifest.class);
            check(file, manifest);
            return manifest;
        } catch (JacksonException e) {
            throw new MalformedFileException(file, -1, "is no valid manifest: " + e.getOriginalMessage(), HINT);
        } catch (IOException e) {
            throw new UserError("cannot read " + file + ": " + e, "", e);
        }
    }

    private static void check(Path file, Manifest manifest) {
        Separators.parse(manifest.separators());
        for (Map.Entry<String, Manifest.Split> split : manifest.splits().entrySet()) {
            long tokens = 0;
            for (Manifest.Shard shard : split.getValue().shards()) {
                boolean plainName = shard.file().matches("[A-Za-z0-9_-]+\\.shard");
                if (!plainName || shard.tokens() < 1 || shard.bytes() < 1 || shard.documents() < 0) {
                    throw new MalformedFileException(file, -1, "describes an impossible shard " + shard, HINT);
                }
                tokens = Math.addExact(tokens, shard.tokens());
            }
            if (tokens != split.getValue().tokens()) {
                throw new MalformedFileException(
                        file, -1, "the shards of \"" + split.getKey() + "\" do not add up to its tokens", HINT);
            }
        }
    }

    private static String checksum(ObjectNode tree) {
        return Checksums.sha256(List.of(JSON.writeValueAsString(tree)));
    }
}
