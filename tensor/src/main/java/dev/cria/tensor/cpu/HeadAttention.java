package dev.cria.tensor.cpu;

/** Attention of one head on the calling thread; {@link Attention} cuts the work into such parts. All methods may be called by several threads. */
interface HeadAttention {
    /** Queries that {@link #forward} takes at most, for heads of size E. */
    int rows(int E);

    /**
     * Causal attention of consecutive queries of one head over all keys that they see.
     *
     * @param out the first query's output; {@code outRow} floats lie between two queries' outputs, and so on
     * @param logSumExp the first query's log Σ exp, consecutive; 0 where it is not wanted
     * @param rows queries, {@link #rows} at most
     * @param position the first query's position: it sees keys 0 to {@code position}
     */
    void forward(
            long out,
            long outRow,
            long logSumExp,
            long q,
            long qRow,
            long keys,
            long values,
            long keyRow,
            int rows,
            int position,
            int E);

    /** The gradients of key head {@code k} of sequence {@code b} and of the query heads that share it; see {@link dev.cria.tensor.Kernels}. */
    void backward(long dQkv, long dOut, long out, long logSumExp, long qkv, AttentionShape shape, int b, int k);
}
