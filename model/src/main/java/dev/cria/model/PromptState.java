package dev.cria.model;

import dev.cria.base.MalformedFileException;
import dev.cria.base.UserError;
import dev.cria.model.safetensors.ElementType;
import dev.cria.model.safetensors.Safetensors;
import dev.cria.model.safetensors.SafetensorsWriter;
import dev.cria.model.safetensors.TensorEntry;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a session has read, in a file, so that a long prompt is read once. A session that is {@linkplain #restore restored} goes on exactly, to
 * the bit, as the one that was saved.
 *
 * <p>The file is safetensors: {@code ids} I32 [n], {@code logits} F32 [V] after the last of them, and for each layer {@code keys.L} and
 * {@code values.L} as the cache holds them, [n, K, E] (blocks of a quantised cache as U8 [n, K, bytes]). Its metadata name the model's
 * fingerprint, the cache's type, the arithmetic, and a SHA-256 over all of it.
 */
public final class PromptState implements AutoCloseable {
    private static final String FORMAT = "cria.format";
    private static final String FORMAT_1 = "prompt-state 1";
    private static final String MODEL = "cria.model";
    private static final String CACHE = "cria.cache";
    private static final String ARITHMETIC = "cria.arithmetic";
    private static final String ROPE_ORDER = "cria.rope_order";
    private static final String CHECKSUM = "cria.sha256";

    private final Safetensors file;
    private final int[] ids;

    private PromptState(Safetensors file, int[] ids) {
        this.file = file;
        this.ids = ids;
    }

    /**
     * Saves what a session has read.
     *
     * @param logits after the last token, [V]
     * @throws UserError with exit code 1 if the file cannot be written; none is left then
     * @throws IllegalArgumentException if the session is empty, or the logits are of another vocabulary
     */
    public static void save(LlamaSession session, float[] logits, Path target) {
        if (session.length() == 0 || logits.length != session.config().vocabSize()) {
            throw new IllegalArgumentException(
                    "a session of " + session.length() + " tokens with " + logits.length + " logits is not saved");
        }
        try (Arena arena = Arena.ofConfined()) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            int n = session.length();
            tensors.put(
                    "ids", Tensor.of(DType.I32, arena.allocate(4L * n, 4), n).copyFrom(session.tokens()));
            tensors.put(
                    "logits",
                    Tensor.of(DType.F32, arena.allocate(4L * logits.length, 4), logits.length)
                            .copyFrom(logits));
            session.cacheTensors().forEach((name, cache) -> {
                Tensor used = cache.rows(0, n);
                MemorySegment host = arena.allocate(used.byteSize(), 64);
                session.device().download(used, host);
                tensors.put(name, Tensor.of(used.dtype(), host, used.dims()));
            });
            Map<String, String> metadata = metadataFor(session);
            SafetensorsWriter writer = new SafetensorsWriter();
            metadata.forEach(writer::metadata);
            MessageDigest digest = digestOf(metadata);
            tensors.forEach((name, tensor) -> {
                writer.add(name, tensor.dtype(), tensor.dims(), sink -> sink.accept(tensor.data()));
                digest.update(tensor.data().asByteBuffer());
            });
            writer.metadata(CHECKSUM, HexFormat.of().formatHex(digest.digest()));
            writer.write(target);
        }
    }

    /**
     * Opens a saved state; close it when it was restored.
     *
     * @throws UserError if there is none, or it is none
     * @throws MalformedFileException if it is damaged
     */
    @SuppressWarnings("MustBeClosedChecker")
    public static PromptState open(Path path) {
        Safetensors file = Safetensors.open(path);
        boolean opened = false;
        try {
            if (!FORMAT_1.equals(file.metadata().get(FORMAT))) {
                throw new UserError(
                        path + " is no saved prompt state, or one of another version of Cria", "save it again");
            }
            TensorEntry entry = file.find("ids").orElseThrow(() -> damaged(file, "it has no ids"));
            if (entry.type().dtype().filter(type -> type == DType.I32).isEmpty()
                    || entry.shape().size() != 1
                    || entry.shape().getFirst() < 1
                    || entry.shape().getFirst() > Integer.MAX_VALUE) {
                throw damaged(file, "its ids are " + entry.describe());
            }
            Tensor stored = file.tensor("ids");
            int[] ids = new int[stored.size(0)];
            Arrays.setAll(ids, stored::getInt);
            PromptState state = new PromptState(file, ids);
            opened = true;
            return state;
        } finally {
            if (!opened) {
                file.close();
            }
        }
    }

    /** The tokens that were read. */
    public int[] ids() {
        return ids.clone();
    }

    /**
     * Makes a session what the saved one was. What it held is forgotten.
     *
     * @return the logits after the last token, [V]
     * @throws UserError if the state is of another model, was computed otherwise, or is longer than the session's context
     * @throws MalformedFileException if it is damaged; the session is then empty
     */
    public float[] restore(LlamaSession session) {
        Map<String, String> wanted = metadataFor(session);
        wanted.forEach((key, value) -> requireSame(key, file.metadata().getOrDefault(key, "nothing"), value));
        requireSame("format", file.metadata().getOrDefault("format", "nothing"), "pt");
        if (ids.length > session.contextLength()) {
            throw new UserError(
                    file.path() + " holds " + ids.length + " tokens; the context holds " + session.contextLength(),
                    "use a longer context");
        }
        int vocabulary = session.config().vocabSize();
        if (Arrays.stream(ids).anyMatch(id -> id < 0 || id >= vocabulary)) {
            throw damaged(file, "it has ids outside the vocabulary");
        }
        session.reset();
        MessageDigest digest = digestOf(wanted);
        digest.update(file.segment("ids").asByteBuffer());
        Tensor logits = logits(vocabulary);
        digest.update(logits.data().asByteBuffer());
        session.cacheTensors().forEach((name, cache) -> {
            MemorySegment stored = stored(name, cache.rows(0, ids.length));
            digest.update(stored.asByteBuffer());
            session.device().upload(stored, cache.rows(0, ids.length));
        });
        if (!HexFormat.of().formatHex(digest.digest()).equals(file.metadata().get(CHECKSUM))) {
            throw damaged(file, "its checksum is wrong");
        }
        session.restored(ids);
        return logits.toFloats();
    }

    private Tensor logits(int vocabulary) {
        TensorEntry entry = file.find("logits").orElseThrow(() -> damaged(file, "it has no logits"));
        if (!entry.shape().equals(List.of((long) vocabulary))
                || entry.type().dtype().filter(type -> type == DType.F32).isEmpty()) {
            throw damaged(file, "its logits are " + entry.describe());
        }
        return file.tensor("logits");
    }

    private MemorySegment stored(String name, Tensor cache) {
        TensorEntry entry = file.find(name).orElseThrow(() -> damaged(file, "it has no " + name));
        long[] shape = cache.dims();
        DType type = cache.dtype();
        if (type.isQuantised()) {
            shape[shape.length - 1] = type.bytes(shape[shape.length - 1]);
        }
        ElementType element = type.isQuantised() ? ElementType.U8 : ElementType.of(type);
        if (entry.type() != element || !Arrays.equals(entry.dims(), shape)) {
            throw damaged(file, "its " + name + " are " + entry.describe());
        }
        return file.segment(name);
    }

    private void requireSame(String key, String found, String wanted) {
        if (found.equals(wanted)) {
            return;
        }
        throw switch (key) {
            case MODEL ->
                new UserError(file.path() + " was saved by another model", "read the prompt again with this one");
            case CACHE ->
                new UserError(
                        file.path() + " was saved with a cache of " + found + ", this one is of " + wanted,
                        "take the same cache, or read the prompt again");
            case ARITHMETIC ->
                new UserError(
                        file.path() + " was computed with " + found + " arithmetic, this session's is " + wanted,
                        "compute as then, or read the prompt again");
            default -> damaged(file, key + " is '" + found + "'");
        };
    }

    private static Map<String, String> metadataFor(LlamaSession session) {
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put(FORMAT, FORMAT_1);
        metadata.put(MODEL, ModelFingerprint.of(session.weights(), session.device()));
        metadata.put(CACHE, session.options().cache().name());
        metadata.put(ARITHMETIC, session.options().arithmetic().name());
        metadata.put(ROPE_ORDER, session.weights().ropeOrder().name());
        return metadata;
    }

    private static MessageDigest digestOf(Map<String, String> metadata) {
        MessageDigest digest = ModelFingerprint.sha256();
        metadata.forEach((key, value) -> digest.update((key + "=" + value + "\n").getBytes(StandardCharsets.UTF_8)));
        return digest;
    }

    private static MalformedFileException damaged(Safetensors file, String what) {
        return new MalformedFileException(file.path(), -1, "the prompt state is damaged: " + what, "save it again");
    }

    @Override
    public void close() {
        file.close();
    }
}
