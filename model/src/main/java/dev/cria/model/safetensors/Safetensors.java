package dev.cria.model.safetensors;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Named tensors in one safetensors file, or in the shards that a {@code model.safetensors.index.json} lists, mapped into memory. The
 * tensors live until {@link #close}. Safe for use by many threads.
 */
public final class Safetensors implements AutoCloseable {
    static final String SINGLE = "model.safetensors";

    private record Located(SafetensorsFile file, TensorEntry entry) {}

    private final Path path;
    private final Arena arena;
    private final Map<String, Located> tensors;
    private final Map<String, String> metadata;

    private Safetensors(Path path, Arena arena, Map<String, Located> tensors, Map<String, String> metadata) {
        this.path = path;
        this.arena = arena;
        this.tensors = tensors;
        this.metadata = metadata;
    }

    /**
     * Opens a safetensors file, an index file, or a directory that holds {@code model.safetensors} or {@code
     * model.safetensors.index.json} (the single file wins, as in transformers).
     *
     * @throws UserError if something is missing, unreadable or damaged
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static Safetensors open(Path fileOrDirectory) {
        Path file = locate(fileOrDirectory);
        Arena arena = Arena.ofShared();
        boolean opened = false;
        try {
            Safetensors result = file.getFileName().toString().endsWith(".json")
                    ? openSharded(file, arena)
                    : openSingle(file, arena);
            opened = true;
            return result;
        } finally {
            if (!opened) {
                arena.close();
            }
        }
    }

    private static Path locate(Path path) {
        if (!Files.isDirectory(path)) {
            return path;
        }
        Path single = path.resolve(SINGLE);
        Path index = path.resolve(ShardIndex.FILE_NAME);
        if (Files.exists(single)) {
            return single;
        }
        if (Files.exists(index)) {
            return index;
        }
        throw new UserError(
                path + " holds neither " + SINGLE + " nor " + ShardIndex.FILE_NAME,
                "give a Hugging Face model directory with safetensors weights");
    }

    private static Safetensors openSingle(Path path, Arena arena) {
        SafetensorsFile file = SafetensorsFile.open(path, arena);
        Map<String, Located> tensors = new LinkedHashMap<>();
        file.header().entries().forEach((name, entry) -> tensors.put(name, new Located(file, entry)));
        return new Safetensors(path, arena, tensors, file.header().metadata());
    }

    private static Safetensors openSharded(Path indexFile, Arena arena) {
        Map<String, Located> tensors = new LinkedHashMap<>();
        Map<String, SafetensorsFile> files = new LinkedHashMap<>();
        ShardIndex.read(indexFile).forEach((name, shard) -> {
            SafetensorsFile file = files.computeIfAbsent(
                    shard, missing -> SafetensorsFile.open(indexFile.resolveSibling(missing), arena));
            TensorEntry entry = file.header().entries().get(name);
            if (entry == null) {
                throw new UserError(
                        indexFile + " places '" + name + "' in " + shard + ", which has no such tensor",
                        "fetch the model again: index and shards do not belong together");
            }
            tensors.put(name, new Located(file, entry));
        });
        return new Safetensors(indexFile, arena, tensors, Map.of());
    }

    /** The file or index that was opened. */
    public Path path() {
        return path;
    }

    /** Names in the order of the header or index. */
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    /** What the header says of a tensor. */
    public Optional<TensorEntry> find(String name) {
        return Optional.ofNullable(tensors.get(name)).map(Located::entry);
    }

    /** {@code __metadata__} of a single file; empty for shards. */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(metadata);
    }

    /** Bytes of all tensors. */
    public long bytes() {
        return tensors.values().stream()
                .mapToLong(located -> located.entry().end() - located.entry().begin())
                .sum();
    }

    /** The mapped bytes of a tensor of any type, little-endian; at no particular alignment. */
    public MemorySegment segment(String name) {
        Located located = located(name);
        return located.file().segment(located.entry());
    }

    /**
     * A tensor as it lies in the file; a scalar has shape [1]. Its memory may not be aligned.
     *
     * @throws UserError if there is none of that name or its type is none of F32, BF16, F16, I32
     */
    public Tensor tensor(String name) {
        Located located = located(name);
        TensorEntry entry = located.entry();
        DType dtype = entry.type()
                .dtype()
                .orElseThrow(() -> new UserError(
                        located.file().path() + ": tensor '" + name + "' is " + entry.describe()
                                + "; F32, BF16, F16 and I32 can be read as tensors",
                        "convert the file"));
        long[] dims = entry.dims();
        return Tensor.of(dtype, located.file().segment(entry), dims.length == 0 ? new long[] {1} : dims);
    }

    private Located located(String name) {
        Located located = tensors.get(name);
        if (located == null) {
            throw new UserError(path + " has no tensor '" + name + "'", "check that the file belongs to this model");
        }
        return located;
    }

    @Override
    public void close() {
        arena.close();
    }
}
