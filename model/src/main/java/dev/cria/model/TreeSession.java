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
            int end = next;
            while (end < wanted.length && wanted[end] < to) {
                end++;
            }
            int[] asked = Arrays.copyOfRange(wanted, next, end);
            for (int i = 0; i < asked.length; i++) {
                asked[i] -= from;
            }
            pass(ids, positions, from, to, asked);
            for (int taken = 0; taken < asked.length; ) {
                int count = Math.min(asked.length - taken, ROWS - gathered);
                gather(asked, taken, count, gathered);
                taken += count;
                gathered += count;
                if (gathered == ROWS) {
                    head(next + taken - gathered, gathered, consumer);
                    gathered = 0;
                }
            }
            next = end;
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

    /** Puts what became of some rows of a pass where the head will read it, from row {@code at} on. */
    private void gather(int[] rows, int first, int count, int at) {
        Tensor indices = targets.rows(0, count);
        device.upload(MemorySegment.ofArray(rows).asSlice(first * 4L, count * 4L), indices);
        kernels.embedding(wantedRows.rows(at, at + (long) count), tokens.normed(), indices);
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

    /** @param asked the rows whose logits are wanted, ascending */
    private void pass(int[] ids, int[] positions, int from, int to, int[] asked) {
        int[] numbers = new int[ROWS]; // the rows that fill up are token 0 at position 0, in no piece
        System.arraycopy(ids, from, numbers, 0, to - from);
        // The ids pass through the positions' memory: the embedding is looked up before positions are needed.
        device.upload(MemorySegment.ofArray(numbers), tokens.positions());
        kernels.embedding(tokens.residual(), weights.embedding(), tokens.positions());
        Arrays.fill(numbers, 0);
        System.arraycopy(positions, from, numbers, 0, to - from);
        device.upload(MemorySegment.ofArray(numbers), tokens.positions());
        kernels.fill(tokens.branch(), 0);
        int[] starts = starts(numbers, to - from);
        List<CachedPiece> pieces = pieces(numbers, starts, starts);
        int last = blocks.size() - 1;
        for (CachedBlock block : blocks.subList(0, last)) {
            block.forward(tokens, pieces);
        }
        // After the last attention no token is looked at any more but those whose logits are wanted.
        blocks.get(last).forward(tokens, pieces(numbers, starts, firstAsked(starts, asked)));
        kernels.addRmsNorm(
                tokens.residual(),
                tokens.normed(),
                tokens.rstd(),
                tokens.residual(),
                tokens.branch(),
                weights.finalNorm(),
                (float) config.rmsNormEps());
    }

    // Each loop is a method of its own: C2 compiles a method with a hot loop together with all that it calls.

    /** Where runs of consecutive positions begin, and last how many there are. */
    private static int[] starts(int[] positions, int count) {
        int[] starts = new int[count + 1];
        int runs = 0;
        for (int row = 0; row < count; row++) {
            if (row == 0 || positions[row] != positions[row - 1] + 1) {
                starts[runs++] = row;
            }
        }
        starts[runs] = count;
        return Arrays.copyOf(starts, runs + 1);
    }

    /** The first asked row of each run, its end where none is. */
    private static int[] firstAsked(int[] starts, int[] asked) {
        int[] first = new int[starts.length - 1];
        int next = 0;
        for (int run = 0; run < first.length; run++) {
            while (next < asked.length && asked[next] < starts[run]) {
                next++;
            }
            first[run] = next < asked.length ? Math.min(starts[run + 1], asked[next]) : starts[run + 1];
        }
        return first;
    }

    /** The runs; {@code queries} are the rows of each from which on it attends. */
    private List<CachedPiece> pieces(int[] positions, int[] starts, int[] queries) {
        List<CachedPiece> pieces = new ArrayList<>();
        for (int run = 0; run + 1 < starts.length; run++) {
            pieces.add(piece(positions[starts[run]], starts[run], queries[run], starts[run + 1]));
        }
        return pieces;
    }

    /** Rows {@code first} to {@code end}, consecutive in one sequence; the first that attends is {@code query}, none if that is the end. */
    private CachedPiece piece(int position, int first, int query, int end) {
        int rowEnd = query == end ? end : query + Math.max(end - query, LEAST_QUERIES);
        return new CachedPiece(
                whole.qkv().rows(first, end),
                position,
                whole.qkv().rows(query, rowEnd),
                whole.attended()
                        .rows(query, rowEnd)
                        .reshape(rowEnd - (long) query, config.numAttentionHeads(), config.headDim()),
                position + query - first);
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

    /** The token with the largest logit of each row, of several the first; [n], of rows as the consumer received them. */
    public int[] likeliest(Tensor rows) {
        int[] result = new int[rows.size(0)];
        Tensor indices = targets.rows(0, result.length);
        kernels.argMax(indices, rows);
        device.download(indices, MemorySegment.ofArray(result));
        return result;
    }

    @Override
    public void close() {
        workspace.close();
    }
}
