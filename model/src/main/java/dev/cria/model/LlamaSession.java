package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.layers.Block;
import dev.cria.model.layers.CachedTokens;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * One sequence that grows: a key/value cache in float32, and the forward pass of new tokens over it. Long inputs pass in chunks, so that
 * working memory does not grow with them. Not thread-safe.
 */
public final class LlamaSession implements AutoCloseable {
    /** Tokens that pass through the blocks together. */
    private static final int CHUNK = 256;

    /** Receives logits chunk by chunk. */
    @FunctionalInterface
    public interface LogitsConsumer {
        /**
         * @param first index among the new tokens of the first row
         * @param logits [n, V], valid during the call
         */
        void accept(int first, Tensor logits);
    }

    private record Cache(Tensor keys, Tensor values) {}

    private final LlamaConfig config;
    private final ParameterSet parameters;
    private final Device device;
    private final Kernels kernels;
    private final int contextLength;
    private final Workspace workspace;
    private final BlockStack stack;
    private final List<Cache> caches;
    private final CachedTokens whole;
    private final CachedTokens single;
    private final GrowingLogits logits;
    private int length;

    LlamaSession(LlamaModel model, int contextLength) {
        this.config = model.config();
        this.parameters = model.parameters();
        this.device = model.device();
        this.kernels = device.kernels();
        this.contextLength = contextLength;
        this.workspace = device.workspace();
        this.stack = BlockStack.over(kernels, parameters, RopeTables.create(device, workspace, config, contextLength));
        List<Cache> built = new ArrayList<>();
        for (int i = 0; i < config.numHiddenLayers(); i++) {
            built.add(new Cache(allocateCache(), allocateCache()));
        }
        this.caches = List.copyOf(built);
        this.whole = allocateTokens(Math.min(CHUNK, contextLength));
        this.single = first(1);
        this.logits = new GrowingLogits(device, config.vocabSize());
    }

    private Tensor allocateCache() {
        return workspace.allocate(DType.F32, contextLength, config.numKeyValueHeads(), config.headDim());
    }

    private CachedTokens allocateTokens(int n) {
        int d = config.hiddenSize();
        int f = config.intermediateSize();
        return new CachedTokens(
                workspace.allocate(DType.I32, n),
                workspace.allocate(DType.F32, n, d),
                workspace.allocate(DType.F32, n),
                workspace.allocate(DType.F32, n, d),
                workspace.allocate(DType.F32, n, d),
                workspace.allocate(DType.F32, n, config.numAttentionHeads(), config.headDim()),
                workspace.allocate(DType.F32, n, config.queryWidth()),
                workspace.allocate(DType.F32, n, 2L * f),
                workspace.allocate(DType.F32, n, f));
    }

    private CachedTokens first(int n) {
        return new CachedTokens(
                whole.positions().rows(0, n),
                whole.residual().rows(0, n),
                whole.rstd().rows(0, n),
                whole.normed().rows(0, n),
                whole.branch().rows(0, n),
                whole.q().rows(0, n),
                whole.attended().rows(0, n),
                whole.gateUp().rows(0, n),
                whole.hidden().rows(0, n));
    }

    public LlamaConfig config() {
        return config;
    }

    /** Tokens in the cache. */
    public int length() {
        return length;
    }

    /** Most tokens that the cache can hold. */
    public int contextLength() {
        return contextLength;
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
        Tensor all = logits.rows(ids.length);
        run(ids, (first, tokens) -> {
            int n = tokens.normed().size(0);
            kernels.linear(all.rows(first, first + n), tokens.normed(), parameters.head(), false);
        });
        return all;
    }

    /** Appends tokens and returns the logits after the last, [1, V], valid until the next call. Errors as {@link #forward(int[])}. */
    public Tensor forwardLast(int[] ids) {
        requireFit(ids);
        Tensor last = logits.rows(1);
        run(ids, (first, tokens) -> {
            int n = tokens.normed().size(0);
            if (first + n == ids.length) {
                kernels.linear(last, tokens.normed().rows(n - 1, n), parameters.head(), false);
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

    /** Copies logits to the host. */
    public void download(Tensor from, float[] to) {
        device.download(from, MemorySegment.ofArray(to));
    }

    /** Appends tokens and hands out the logits after each chunk by chunk, so that [N, V] is never held. Errors as {@link #forward(int[])}. */
    public void forward(int[] ids, LogitsConsumer consumer) {
        requireFit(ids);
        Tensor chunk = logits.rows(Math.min(ids.length, whole.residual().size(0)));
        run(ids, (first, tokens) -> {
            Tensor rows = chunk.rows(0, tokens.normed().dim(0));
            kernels.linear(rows, tokens.normed(), parameters.head(), false);
            consumer.accept(first, rows);
        });
    }

    private void requireFit(int[] ids) {
        if (ids.length == 0) {
            throw new IllegalArgumentException("no tokens to append");
        }
        if (ids.length > contextLength - length) {
            throw new UserError(
                    "the context holds " + contextLength + " tokens; " + length + " are in it and " + ids.length
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
        int chunk = whole.residual().size(0);
        for (int first = 0; first < ids.length; first += chunk) {
            int n = Math.min(chunk, ids.length - first);
            CachedTokens tokens = n == 1 ? single : n == chunk ? whole : first(n);
            passBlocks(tokens, ids, first, start + first);
            consumer.accept(first, tokens);
        }
        device.synchronize();
        length = start + ids.length;
    }

    private void passBlocks(CachedTokens tokens, int[] ids, int first, int past) {
        int n = tokens.residual().size(0);
        Tensor positions = tokens.positions();
        int[] numbers = new int[n];
        System.arraycopy(ids, first, numbers, 0, n);
        // The ids pass through the positions' memory: the embedding is looked up before positions are needed.
        device.upload(MemorySegment.ofArray(numbers), positions);
        kernels.embedding(tokens.residual(), parameters.embedding(), positions);
        for (int i = 0; i < n; i++) {
            numbers[i] = past + i;
        }
        device.upload(MemorySegment.ofArray(numbers), positions);
        List<Block> blocks = stack.blocks();
        blocks.getFirst().inputNorm().forward(tokens.normed(), tokens.rstd(), tokens.residual());
        for (int i = 0; i < blocks.size(); i++) {
            blocks.get(i)
                    .forwardCached(tokens, caches.get(i).keys(), caches.get(i).values(), past);
            (i + 1 < blocks.size() ? blocks.get(i + 1).inputNorm() : stack.finalNorm())
                    .forwardAfterAdd(
                            tokens.residual(), tokens.normed(), tokens.rstd(), tokens.residual(), tokens.branch());
        }
    }

    @Override
    public void close() {
        logits.close();
        workspace.close();
    }
}
