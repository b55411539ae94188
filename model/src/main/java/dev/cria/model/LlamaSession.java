package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.layers.CachedBlock;
import dev.cria.model.layers.CachedTokens;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One sequence that grows: a key/value cache, and the forward pass of new tokens over it. Long inputs pass in chunks, so that
 * working memory does not grow with them. Not thread-safe.
 */
public final class LlamaSession implements AutoCloseable {
    /** The exponent that infinities and NaNs have. */
    private static final int INFINITE = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

    /** Receives logits chunk by chunk. */
    @FunctionalInterface
    public interface LogitsConsumer {
        /**
         * @param first index among the new tokens of the first row
         * @param logits [n, V], valid during the call
         */
        void accept(int first, Tensor logits);
    }

    private final LlamaConfig config;
    private final SessionMemory memory;
    private final int slot;
    private final boolean owner;
    private final List<SessionMemory.Cache> caches;
    private final List<CachedBlock> blocks;
    private final int[] tokens;
    private int length;

    LlamaSession(LlamaModel model, SessionOptions options) {
        this(new SessionMemory(model, options, 1), 0, true);
    }

    /** The sequence in one slot of a memory that it may share. */
    LlamaSession(SessionMemory memory, int slot, boolean owner) {
        this.config = memory.weights().config();
        this.memory = memory;
        this.slot = slot;
        this.owner = owner;
        this.caches = memory.caches().stream().map(cache -> cache.slot(slot)).toList();
        this.blocks = memory.blocks(caches);
        this.tokens = new int[memory.options().contextLength()];
    }

    public LlamaConfig config() {
        return config;
    }

    /** Tokens in the cache. */
    public int length() {
        return length;
    }

    /** The ids of the tokens in the cache. */
    public int[] tokens() {
        return Arrays.copyOf(tokens, length);
    }

    /** Most tokens that the cache can hold. */
    public int contextLength() {
        return memory.options().contextLength();
    }

    /** How it is computed. */
    public SessionOptions options() {
        return memory.options();
    }

    LlamaWeights weights() {
        return memory.weights();
    }

    Device device() {
        return memory.device();
    }

    /** The keys and values of every layer, [C, K, E], by the name that a saved state gives them. */
    Map<String, Tensor> cacheTensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < caches.size(); i++) {
            tensors.put("keys." + i, caches.get(i).keys());
            tensors.put("values." + i, caches.get(i).values());
        }
        return tensors;
    }

    /** Says that the cache now holds these tokens. */
    void restored(int[] ids) {
        System.arraycopy(ids, 0, tokens, 0, ids.length);
        length = ids.length;
    }

    /** Forgets everything. */
    public void reset() {
        length = 0;
    }

    /** Keeps the first {@code newLength} tokens and forgets the others. */
    public void truncate(int newLength) {
        if (newLength < 0 || newLength > length) {
            throw new IllegalArgumentException("cannot keep " + newLength + " of " + length + " tokens");
        }
        length = newLength;
    }

    /**
     * Appends tokens and returns the logits after each of them, [N, V], valid until the next call.
     *
     * @throws UserError if they do not fit the context, or an id is outside the vocabulary; the session is then as before
     */
    public Tensor forward(int[] ids) {
        requireFit(ids);
        if (ids.length == 1) {
            return step(ids);
        }
        Tensor all = memory.logits(ids.length);
        run(ids, (first, tokens) -> memory.head(all.rows(first, first + tokens.count()), tokens.normed()));
        return all;
    }

    /** Appends tokens and returns the logits after the last, [1, V], valid until the next call. Errors as {@link #forward(int[])}. */
    public Tensor forwardLast(int[] ids) {
        requireFit(ids);
        if (ids.length == 1) {
            return step(ids);
        }
        Tensor last = memory.logits(1);
        run(ids, (first, tokens) -> {
            int n = tokens.count();
            if (first + n == ids.length) {
                memory.head(last, tokens.normed().rows(n - 1, n));
            }
        });
        return last;
    }

    /** Appends tokens and fills {@code to}, [V], with the logits after the last. Errors as {@link #forward(int[])}. */
    public void forwardLast(int[] ids, float[] to) {
        download(forwardLast(ids), to);
    }

    /** Appends tokens without computing logits. Errors as {@link #forward(int[])}. */
    public void append(int[] ids) {
        requireFit(ids);
        run(ids, (first, tokens) -> {});
    }

    /**
     * Copies logits to the host.
     *
     * @throws UserError with exit code 1 if they are not all finite, naming the weights that spoilt them
     */
    public void download(Tensor from, float[] to) {
        device().download(from, MemorySegment.ofArray(to));
        int greatest = 0; // of the exponents; in this form C2 makes vectors of it
        for (float logit : to) {
            greatest = Math.max(greatest, Float.floatToRawIntBits(logit) & INFINITE);
        }
        if (greatest == INFINITE) {
            throw WeightCheck.notFinite(weights(), device());
        }
    }

    /** Appends tokens and hands out the logits after each chunk by chunk, so that [N, V] is never held. Errors as {@link #forward(int[])}. */
    public void forward(int[] ids, LogitsConsumer consumer) {
        requireFit(ids);
        Tensor chunk = memory.logits(Math.min(ids.length, memory.chunk()));
        run(ids, (first, tokens) -> {
            Tensor rows = chunk.rows(0, tokens.count());
            memory.head(rows, tokens.normed());
            consumer.accept(first, rows);
        });
    }

    /** @throws UserError if tokens cannot be appended */
    void requireFit(int[] ids) {
        if (ids.length == 0) {
            throw new IllegalArgumentException("no tokens to append");
        }
        if (ids.length > contextLength() - length) {
            throw new UserError(
                    "the context holds " + contextLength() + " tokens; " + length + " are in it and " + ids.length
                            + " more were given",
                    "shorten the input, or use a longer context if the model allows one (up to "
                            + config.maxPositionEmbeddings() + ")");
        }
        for (int i = 0; i < ids.length; i++) {
            if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
                throw new UserError(
                        "token " + i + " has id " + ids[i] + "; the model's vocabulary is 0.."
                                + (config.vocabSize() - 1),
                        "check that the tokenizer belongs to this model");
            }
        }
    }

    /** Receives a chunk whose normed residual stream is complete. */
    private interface ChunkConsumer {
        void accept(int first, CachedTokens tokens);
    }

    private void run(int[] ids, ChunkConsumer consumer) {
        int start = length;
        int chunk = memory.chunk();
        for (int first = 0; first < ids.length; first += chunk) {
            int n = Math.min(chunk, ids.length - first);
            int past = start + first;
            CachedTokens chunkTokens = memory.tokens(n);
            int[] positions = new int[n];
            Arrays.setAll(positions, i -> past + i);
            int[] part = n == ids.length ? ids : Arrays.copyOfRange(ids, first, first + n);
            // The ids pass through the positions' memory: the embedding is looked up before positions are needed.
            device().upload(MemorySegment.ofArray(part), chunkTokens.positions());
            memory.pass(chunkTokens, chunkTokens.positions(), () -> {
                device().upload(MemorySegment.ofArray(positions), chunkTokens.positions());
                blocks.forEach(block -> block.forward(chunkTokens, past));
            });
            consumer.accept(first, chunkTokens);
        }
        device().synchronize();
        System.arraycopy(ids, 0, tokens, start, ids.length);
        length = start + ids.length;
    }

    private Tensor step(int[] id) {
        Tensor last = memory.steps().run(new int[] {slot}, id, new int[] {length});
        appended(id[0]);
        return last;
    }

    /** Takes in a token that passed through the blocks with those of other sequences. */
    void appended(int id) {
        tokens[length++] = id;
    }

    /** Lets go of the memory, unless it is shared with other sequences. */
    @Override
    public void close() {
        if (owner) {
            memory.close();
        }
    }
}
