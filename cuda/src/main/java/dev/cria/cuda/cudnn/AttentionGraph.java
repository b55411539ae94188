package dev.cria.cuda.cudnn;

/**
 * Causal grouped-query attention as cuDNN recognises it: a graph of products, point-wise operations and reductions over virtual scores [B,H,T,T]
 * that it runs as one flash-attention kernel. It must be written as here: what cuDNN does not recognise it refuses.
 *
 * @param B sequences of T tokens; H query heads share K key and value heads of size E
 */
record AttentionGraph(int B, int T, int H, int K, int E) {
    // What execution names tensors by.
    static final long QUERIES = 1;
    static final long KEYS = 2;
    static final long VALUES = 3;
    static final long OUT = 4;
    static final long LOG_SUM_EXP = 5;
    static final long SCALE = 6;
    static final long MASKED = 7;
    static final long D_OUT = 8;
    static final long D_QUERIES = 9;
    static final long D_KEYS = 10;
    static final long D_VALUES = 11;
    static final long ONE = 12;
    static final long ROW_SUMS = 13;
    static final long D_QUERIES_SUM = 14;

    private long[] scores() {
        return new long[] {B, H, T, T};
    }

    private long[] byRow() {
        return new long[] {(long) H * T * T, (long) T * T, T, 1};
    }

    private long[] byColumn() {
        return new long[] {(long) H * T * T, (long) T * T, 1, T};
    }

    /** One number for each query. */
    private long[] rows() {
        return new long[] {B, H, T, 1};
    }

    private long[] rowStrides() {
        return new long[] {(long) H * T, T, 1, 1};
    }

    private long[] heads(int count) {
        return new long[] {B, count, T, E};
    }

    /** Of heads in rows of qkv. */
    private long[] qkvStrides() {
        long row = (H + 2L * K) * E;
        return new long[] {T * row, E, row, 1};
    }

    /** Of heads in rows of out. */
    private long[] outStrides() {
        long row = (long) H * E;
        return new long[] {T * row, E, row, 1};
    }

    private static long[] transposed(long[] four) {
        return new long[] {four[0], four[1], four[3], four[2]};
    }

    private long virtualScores(OperationGraph graph) {
        return graph.virtual(Codes.FLOAT, scores(), byRow());
    }

    private long virtualRows(OperationGraph graph) {
        return graph.virtual(Codes.FLOAT, rows(), rowStrides());
    }

    /** Scores where the query comes no earlier than the key, −∞ elsewhere. */
    private long mask(OperationGraph graph, long scores) {
        long row = graph.index(2, scores, graph.virtual(Codes.INT32, scores(), byRow()));
        long column = graph.index(3, scores, graph.virtual(Codes.INT32, scores(), byRow()));
        long seen = graph.greaterOrEqual(row, column, graph.virtual(Codes.BOOLEAN, scores(), byRow()));
        return graph.select(scores, graph.scalar(MASKED), seen, virtualScores(graph));
    }

    /** out and log Σ exp: the maximum of each row's scores plus the log of the sum of their powers relative to it. */
    void forward(OperationGraph graph) {
        long q = graph.tensor(QUERIES, Codes.BFLOAT16, heads(H), qkvStrides());
        long k = graph.tensor(KEYS, Codes.BFLOAT16, transposed(heads(K)), transposed(qkvStrides()));
        long v = graph.tensor(VALUES, Codes.BFLOAT16, heads(K), qkvStrides());
        long out = graph.tensor(OUT, Codes.BFLOAT16, heads(H), outStrides());
        long logSumExp = graph.tensor(LOG_SUM_EXP, Codes.FLOAT, rows(), rowStrides());

        long s = graph.multiply(q, k, virtualScores(graph));
        s = graph.pointwise(Codes.MULTIPLY, s, graph.scalar(SCALE), virtualScores(graph));
        s = mask(graph, s);
        long maximum = graph.reduce(Codes.MAXIMUM, s, virtualRows(graph));
        s = graph.pointwise(Codes.SUBTRACT, s, maximum, virtualScores(graph));
        long power = graph.pointwise(Codes.EXP, s, virtualScores(graph));
        long sum = graph.reduce(Codes.SUM, power, virtualRows(graph));
        long log = graph.pointwise(Codes.LOG, sum, virtualRows(graph));
        graph.pointwise(Codes.ADD, maximum, log, logSumExp);
        long weights = graph.pointwise(Codes.DIVIDE, power, sum, graph.virtual(Codes.BFLOAT16, scores(), byRow()));
        graph.multiply(weights, v, out);
    }

    /**
     * The gradients of queries, keys and values.
     *
     * @param ordered dQ is one product dS·K: every bit is the same each time, at the price of a workspace for dS. Otherwise blocks of keys add to
     *     dQ in float32 memory as they come.
     */
    void backward(OperationGraph graph, boolean ordered) {
        long q = graph.tensor(QUERIES, Codes.BFLOAT16, heads(H), qkvStrides());
        long k = graph.tensor(KEYS, Codes.BFLOAT16, transposed(heads(K)), transposed(qkvStrides()));
        long v = graph.tensor(VALUES, Codes.BFLOAT16, transposed(heads(K)), transposed(qkvStrides()));
        long out = graph.tensor(OUT, Codes.BFLOAT16, heads(H), outStrides());
        long logSumExp = graph.tensor(LOG_SUM_EXP, Codes.FLOAT, rows(), rowStrides());
        long dOut = graph.tensor(D_OUT, Codes.BFLOAT16, heads(H), outStrides());
        long dQ = graph.tensor(D_QUERIES, Codes.BFLOAT16, heads(H), qkvStrides());
        long dK = graph.tensor(D_KEYS, Codes.BFLOAT16, heads(K), qkvStrides());
        long dV = graph.tensor(D_VALUES, Codes.BFLOAT16, heads(K), qkvStrides());
        long rowSums = graph.tensor(ROW_SUMS, Codes.FLOAT, rows(), rowStrides());
        long scale = graph.scalar(SCALE);
        long[] inOrder = {(long) H * T * E, (long) T * E, (long) H * E, 1};

        long products = graph.pointwise(Codes.MULTIPLY, dOut, out, graph.virtual(Codes.FLOAT, heads(H), inOrder));
        long sums = graph.reduce(Codes.SUM, products, virtualRows(graph));
        graph.pointwise(Codes.MULTIPLY, sums, graph.scalar(ONE), rowSums);

        long s = graph.multiply(q, k, virtualScores(graph));
        s = graph.pointwise(Codes.MULTIPLY, s, scale, virtualScores(graph));
        s = graph.pointwise(Codes.SUBTRACT, s, logSumExp, virtualScores(graph));
        s = mask(graph, s);
        long p = graph.pointwise(Codes.EXP, s, virtualScores(graph));
        shared(graph, p, dOut, dV);

        long dS = graph.multiply(dOut, v, virtualScores(graph));
        dS = graph.pointwise(Codes.SUBTRACT, dS, rowSums, virtualScores(graph));
        dS = graph.pointwise(Codes.MULTIPLY, dS, p, virtualScores(graph));
        dS = graph.pointwise(Codes.MULTIPLY, dS, scale, virtualScores(graph));
        shared(graph, dS, q, dK);
        long keys = graph.reshape(k, graph.virtual(Codes.BFLOAT16, heads(K), qkvStrides()));
        if (ordered) {
            graph.multiply(dS, keys, dQ);
            return;
        }
        long[] strides = {(long) H * T * E, (long) T * E, E, 1};
        long sum = graph.multiply(dS, keys, graph.tensor(D_QUERIES_SUM, Codes.FLOAT, heads(H), strides));
        graph.pointwise(Codes.IDENTITY, sum, dQ);
    }

    /** gradient = scoresᵀ · rows, summed over the query heads that share a head of the gradient. */
    private void shared(OperationGraph graph, long scores, long rows, long gradient) {
        long columns = graph.reshape(scores, graph.virtual(Codes.BFLOAT16, scores(), byColumn()));
        if (H == K) {
            graph.multiply(columns, rows, gradient);
            return;
        }
        long[] strides = {(long) H * T * E, (long) T * E, E, 1};
        long each = graph.multiply(columns, rows, graph.virtual(Codes.BFLOAT16, heads(H), strides));
        graph.reduce(Codes.SUM, each, gradient);
    }
}
