package dev.cria.model.safetensors;

import dev.cria.base.JsonFiles;
import dev.cria.base.MalformedFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code model.safetensors.index.json}: which shard holds which tensor. */
final class ShardIndex {
    static final String FILE_NAME = "model.safetensors.index.json";

    private static final long MAXIMUM_BYTES = 64L << 20;

    private ShardIndex() {}

    /**
     * Tensor name to shard file name, in the file's order.
     *
     * @throws MalformedFileException if there is no {@code weight_map}, or a shard's name would leave the directory
     */
    static Map<String, String> read(Path file) {
        JsonNode map = JsonFiles.readObject(file, MAXIMUM_BYTES).get("weight_map");
        if (!(map instanceof ObjectNode weights) || weights.isEmpty()) {
            throw new MalformedFileException(file, -1, "has no weight_map", "fetch the model again");
        }
        Map<String, String> shards = new LinkedHashMap<>();
        weights.properties().forEach(property -> {
            String shard = property.getValue().isString() ? property.getValue().stringValue() : "";
            if (!shard.endsWith(".safetensors")
                    || shard.contains("/")
                    || shard.contains("\\")
                    || shard.indexOf('\0') >= 0) {
                throw new MalformedFileException(
                        file,
                        -1,
                        "places '" + property.getKey() + "' in '" + shard
                                + "', which is no .safetensors file beside it",
                        "fetch the model again");
            }
            shards.put(property.getKey(), shard);
        });
        return shards;
    }

    /**
     * The text of an index.
     *
     * @param shards tensor name to shard file name
     * @param bytes of all tensors
     */
    static String render(Map<String, String> shards, long bytes) {
        ObjectNode json = JsonFiles.newObject();
        json.putObject("metadata").put("total_size", bytes);
        ObjectNode map = json.putObject("weight_map");
        new TreeMap<>(shards).forEach(map::put);
        return JsonFiles.render(json);
    }
}
