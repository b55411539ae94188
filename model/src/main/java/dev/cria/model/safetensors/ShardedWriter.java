package dev.cria.model.safetensors;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.TensorContent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes tensors to a model directory: to {@code model.safetensors} where they fit one shard, else to shards in their order, as
 * transformers cuts them, and the index of these.
 */
public final class ShardedWriter {
    private final long largestShard;
    private final List<SafetensorsWriter> shards = new ArrayList<>();
    private final Map<String, Integer> places = new LinkedHashMap<>();
    private long shardBytes;
    private long allBytes;

    /** @param largestShard bytes of tensors in a file; a tensor that is larger gets a file of its own */
    public ShardedWriter(long largestShard) {
        if (largestShard < 1) {
            throw new IllegalArgumentException("shards of " + largestShard + " bytes");
        }
        this.largestShard = largestShard;
    }

    /** Adds a tensor; its bytes are made when {@link #write} runs. */
    public void add(String name, DType storedAs, long[] dims, TensorContent content) {
        long elements = 1;
        for (long dim : dims) {
            elements = Math.multiplyExact(elements, dim);
        }
        long bytes = storedAs.bytes(elements);
        if (shards.isEmpty() || (shardBytes > 0 && shardBytes + bytes > largestShard)) {
            shards.add(new SafetensorsWriter());
            shardBytes = 0;
        }
        shards.getLast().add(name, storedAs, dims, content);
        places.put(name, shards.size() - 1);
        shardBytes += bytes;
        allBytes += bytes;
    }

    /** Number of files with tensors. */
    public int shards() {
        return shards.size();
    }

    /**
     * Writes all files; each is durable when this returns.
     *
     * @throws UserError with exit code 1 if the disk is full or the directory cannot be written
     */
    public void write(Path directory) {
        if (shards.size() == 1) {
            shards.getFirst().write(directory.resolve(Safetensors.SINGLE));
            return;
        }
        for (int i = 0; i < shards.size(); i++) {
            shards.get(i).write(directory.resolve(name(i)));
        }
        Map<String, String> files = new LinkedHashMap<>();
        places.forEach((tensor, shard) -> files.put(tensor, name(shard)));
        Path index = directory.resolve(ShardIndex.FILE_NAME);
        try {
            DurableFiles.write(index, ShardIndex.render(files, allBytes));
        } catch (IOException e) {
            throw UserError.failed("cannot write " + index + ": " + e.getMessage(), "check free space there");
        }
    }

    private String name(int shard) {
        return String.format(Locale.ROOT, "model-%05d-of-%05d.safetensors", shard + 1, shards.size());
    }
}
