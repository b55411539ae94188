package dev.cria.tensor.cpu;

/**
 * Causal grouped-query attention over whole sequences, forward and backward, spread over the pool. Forward pieces are blocks of queries;
 * backward pieces are key heads of a sequence, so that every sum has one owner and a fixed order.
 */
final class Attention {
    private final WorkerPool pool;
    private final HeadAttention heads;

    Attention(WorkerPool pool, HeadAttention heads) {
        this.pool = pool;
        this.heads = heads;
    }

    /** See {@link dev.cria.tensor.Kernels#attention}. */
    void forward(long out, long logSumExp, long qkv, AttentionShape shape) {
        int rows = heads.rows(shape.E());
        int blocks = (shape.T() + rows - 1) / rows;
        int count = shape.B() * shape.H();
        pool.run(blocks * count, piece -> {
            // The last queries see the most keys: their pieces go first, the short ones fill the gaps.
            int t = (blocks - 1 - piece / count) * rows;
            int b = piece % count / shape.H();
            int h = piece % count % shape.H();
            int key = shape.H() + h / shape.group();
            heads.forward(
                    out + shape.out(b, t, h),
                    shape.outRow(),
                    logSumExp + shape.logSumExp(b, h, t),
                    qkv + shape.qkv(b, t, h),
                    shape.qkvRow(),
                    qkv + shape.qkv(b, 0, key),
                    qkv + shape.qkv(b, 0, key + shape.K()),
                    shape.qkvRow(),
                    Math.min(rows, shape.T() - t),
                    t,
                    shape.E());
        });
    }

    /** See {@link dev.cria.tensor.Kernels#attentionBackward}. */
    void backward(long dQkv, long dOut, long out, long logSumExp, long qkv, AttentionShape shape) {
        pool.run(
                shape.B() * shape.K(),
                piece -> heads.backward(dQkv, dOut, out, logSumExp, qkv, shape, piece / shape.K(), piece % shape.K()));
    }
}
