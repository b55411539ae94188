package dev.cria.model;

import dev.cria.base.UserError;
import dev.cria.model.layers.CachedBlock;
import dev.cria.model.layers.CachedPiece;
import dev.cria.model.layers.CachedTokens;
import dev.cria.model.layers.LayerWeights;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * Many sequences in few passes. Sequences that begin alike make a tree of tokens; its tokens are read depth first, so that what sequences
 * share is read once and one cache is enough: a token takes its place in it from a sibling that nobody asks any more. The tokens of a pass
 * meet in everything linear, whatever sequence they belong to; only attention goes sequence by sequence. Not thread-safe.
 *
 * <p>A token's logits have the same bits in whatever walk it is read. Products of different numbers of rows may sum the last columns in
 * different orders, so every pass has {@link #ROWS} rows, the last one filled up; and attention of few tokens sums differently from that of
 * more, so it never has few.
 */
public final class TreeSession implements AutoCloseable {
    /** Rows of every pass. Products reach some 95 % of the speed that they have with many more rows. */
    private static final int ROWS = 256;

    /** Queries in a call of attention, at least. */
    private static final int LEAST_QUERIES = Kernels.FEW_ROWS + 1;

    /** Floats of a row that are looked at together. */
    private static final int LOOK = 1024;

    /** Receives logits, some tokens at a time. */
    @FunctionalInterface
    public interface LogitsConsumer {
        /**
         * @param first index, among the tokens whose logits are wanted, of the first row
         * @param logits [n, V], valid during the call
         */
        void accept(int first, Tensor logits);
    }

    private final LlamaConfig config;
    private final LlamaWeights weights;
    private final Device device;
    private final Kernels kernels;
    private final SessionOptions options;
    private final Workspace workspace;
    private final List<CachedBlock> blocks = new ArrayList<>();
    private final CachedTokens whole;
    private final CachedTokens tokens;
    private final Tensor wantedRows;
    private final Tensor logits;
    private final Tensor targets;
    private final Tensor losses;
    private final int[] path;
    private int depth;

    TreeSession(LlamaModel model, SessionOptions options) {
        this.weights = model.weights();
        this.config = weights.config();
        this.device = model.device();
        this.kernels = device.kernels();
        this.options = options;
        this.workspace = device.workspace();
        int H = config.numAttentionHeads();
        int K = config.numKeyValueHeads();
        int E = config.headDim();
        CachedBlock.Setting setting = model.blockSetting(workspace, options);
        // Room for the queries that are attended in vain.
        long C = options.contextLength() + (long) LEAST_QUERIES;
        for (LayerWeights layer : weights.layers()) {
            blocks.add(new CachedBlock(
                    setting,
                    layer,
                    workspace.allocate(options.cache().dtype(), C, K, E),
                    workspace.allocate(options.cache().dtype(), C, K, E)));
        }
        this.whole = CachedTokens.allocate(
                workspace,
                ROWS + LEAST_QUERIES,
                config.hiddenSize(),
                H,
                K,
                E,
                config.intermediateSize(),
                weights.adapterRank());
        this.tokens = whole.first(ROWS);
        this.wantedRows = workspace.allocate(DType.F32, ROWS, config.hiddenSize());
        this.logits = workspace.allocate(DType.F32, ROWS, config.vocabSize());
        this.targets = workspace.allocate(DType.I32, ROWS);
        this.losses = workspace.allocate(DType.F32, ROWS);
        this.path = new int[options.contextLength()];
    }

    /** Bytes that a session takes. */
    static long bytes(LlamaConfig config, SessionOptions options) {
        long cache = 2L
                * config.numHiddenLayers()
                * options.contextLength()
                * options.cache().dtype().bytes((long) config.numKeyValueHeads() * config.headDim());
        long row = 4L * config.hiddenSize() + 4L * config.intermediateSize() + config.vocabSize();
        return cache + row * ROWS * Float.BYTES;
    }

    public LlamaConfig config() {
        return config;
    }

    /** Most tokens of a sequence. */
    public int contextLength() {
        return options.contextLength();
    }

    /**
     * Reads tokens. Token i stands at {@code positions[i]}, and before it stand, at every smaller position, the tokens last read there, in this
     * walk or an earlier one: a position is at most one more than that of the token before.
     *
     * @param wanted the tokens after which logits are wanted, ascending
     * @param consumer receives them in that order
     * @throws UserError if an id is outside the vocabulary, or logits are not finite
     */
    public void walk(int[] ids, int[] positions, int[] wanted, LogitsConsumer consumer) {
        check(ids, positions);
        int before = depth;
        depth = 0;
        int next = 0;
        int gathered = 0;
        for (int from = 0; from < ids.length; from += ROWS) {
            int to = Math.min(ids.length, from + ROWS);
            int wantedBefore = next;
            pass(ids, positions, from, to, token -> isWanted(wanted, wantedBefore, token));
            for (; next < wanted.length && wanted[next] < to; next++) {
                Tensor normed = tokens.normed().rows(wanted[next] - from, wanted[next] - from + 1L);
                kernels.convert(wantedRows.rows(gathered, gathered + 1L), normed);
                gathered++;
                if (gathered == ROWS) {
                    head(next + 1 - gathered, gathered, consumer);
                    gathered = 0;
                }
            }
        }
        if (gathered > 0) {
            head(next - gathered, gathered, consumer);
        }
        device.synchronize();
        depth = before;
        for (int i = 0; i < ids.length; i++) {
            path[positions[i]] = ids[i];
            depth = positions[i] + 1;
        }
    }

    /** What was read last, position by position: what a walk may go on from. */
    public int[] path() {
        return Arrays.copyOf(path, depth);
    }

    private static boolean isWanted(int[] wanted, int from, int token) {
        return Arrays.binarySearch(wanted, from, wanted.length, token) >= 0;
    }

    private void check(int[] ids, int[] positions) {
        int most = depth;
        for (int i = 0; i < ids.length; i++) {
            if (positions[i] < 0 || positions[i] > most || positions[i] >= contextLength()) {
                throw new IllegalArgumentException("token " + i + " at position " + positions[i] + " after " + most);
            }
            if (ids[i] < 0 || ids[i] >= config.vocabSize()) {
                throw new UserError(
                        "a token has id " + ids[i] + "; the model's vocabulary is 0.." + (config.vocabSize() - 1),
                        "check that the tokenizer belongs to this model");
            }
            most = positions[i] + 1;
        }
    }

    private void pass(int[] ids, int[] positions, int from, int to, IntPredicate isWanted) {
        int[] numbers = new int[ROWS]; // the rows that fill up are token 0 at position 0, in no piece
        System.arraycopy(ids, from, numbers, 0, to - from);
        // The ids pass through the positions' memory: the embedding is looked up before positions are needed.
        device.upload(MemorySegment.ofArray(numbers), tokens.positions());
        kernels.embedding(tokens.residual(), weights.embedding(), tokens.positions());
        Arrays.fill(numbers, 0);
        System.arraycopy(positions, from, numbers, 0, to - from);
        device.upload(MemorySegment.ofArray(numbers), tokens.positions());
        kernels.fill(tokens.branch(), 0);
        List<CachedPiece> pieces = pieces(positions, from, to, row -> true);
        int last = blocks.size() - 1;
        for (CachedBlock block : blocks.subList(0, last)) {
            block.forward(tokens, pieces);
        }
        // After the last attention no token is looked at any more but those whose logits are wanted.
        blocks.get(last).forward(tokens, pieces(positions, from, to, isWanted));
        kernels.addRmsNorm(
                tokens.residual(),
                tokens.normed(),
                tokens.rstd(),
                tokens.residual(),
                tokens.branch(),
                weights.finalNorm(),
                (float) config.rmsNormEps());
    }

    /** Runs of consecutive positions; of each, the queries begin with the first token that is asked. */
    private List<CachedPiece> pieces(int[] positions, int from, int to, IntPredicate isAsked) {
        List<CachedPiece> pieces = new ArrayList<>();
        long H = config.numAttentionHeads();
        for (int first = from; first < to; ) {
            int end = first + 1;
            while (end < to && positions[end] == positions[end - 1] + 1) {
                end++;
            }
            int query = first;
            while (query < end && !isAsked.test(query)) {
                query++;
            }
            long row = query - from;
            long rowEnd = query == end ? row : row + Math.max(end - query, LEAST_QUERIES);
            pieces.add(new CachedPiece(
                    whole.qkv().rows(first - from, end - from),
                    positions[first],
                    whole.qkv().rows(row, rowEnd),
                    whole.attended().rows(row, rowEnd).reshape(rowEnd - row, H, config.headDim()),
                    positions[first] + query - first));
            first = end;
        }
        return pieces;
    }

    private void head(int first, int count, LogitsConsumer consumer) {
        kernels.project(logits, wantedRows, List.of(weights.head()), options.arithmetic());
        consumer.accept(first, logits.rows(0, count));
    }

    /**
     * −log p of one token for each row of logits; 0 where the target is −1.
     *
     * @param rows [n, V], as the consumer received them
     * @param wanted [n]
     * @throws UserError with exit code 1 if one is not finite, naming the weights that spoilt it
     */
    public float[] losses(Tensor rows, int[] wanted) {
        int n = wanted.length;
        device.upload(MemorySegment.ofArray(wanted), targets.rows(0, n));
        kernels.negativeLogLikelihood(losses.rows(0, n), rows, targets.rows(0, n));
        float[] result = new float[n];
        device.download(losses.rows(0, n), MemorySegment.ofArray(result));
        float spoilt = 0;
        for (float loss : result) {
            spoilt += 0 * loss; // NaN where the loss is NaN or infinite
        }
        if (spoilt != 0) {
            throw WeightCheck.notFinite(weights, device);
        }
        return result;
    }

    /** Whether a token has the largest logit of a row; of several with the largest the first has it. */
    public boolean isLikeliest(Tensor row, int token) {
        int V = config.vocabSize();
        Tensor flat = row.reshape(V);
        float[] values = new float[LOOK];
        download(flat, token, values, 1);
        float logit = values[0];
        for (int from = 0; from < V; from += LOOK) {
            int count = Math.min(LOOK, V - from);
            download(flat, from, values, count);
            for (int v = 0; v < count; v++) {
                if (values[v] > logit || values[v] == logit && from + v < token) {
                    return false;
                }
            }
        }
        return true;
    }

    private void download(Tensor flat, int from, float[] to, int count) {
        device.download(
                flat.rows(from, (long) from + count), MemorySegment.ofArray(to).asSlice(0, (long) count * Float.BYTES));
    }

    @Override
    public void close() {
        workspace.close();
    }
}
