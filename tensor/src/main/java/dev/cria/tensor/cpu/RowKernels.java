package dev.cria.tensor.cpu;

import dev.cria.tensor.RopeOrder;

/** What lies between the products of a block, over consecutive rows of float32 on one thread. Addresses are raw. */
interface RowKernels {
    /** See {@link dev.cria.tensor.Kernels#addRmsNorm}: {@code count} rows of D. {@code sum} may be {@code x}. */
    void addRmsNorm(int count, int D, long sum, long y, long rstd, long x, long delta, long weight, float eps);

    /** See {@link dev.cria.tensor.Kernels#rmsNorm}: {@code count} rows of D. */
    void rmsNorm(int count, int D, long y, long rstd, long x, long weight, float eps);

    /**
     * See {@link dev.cria.tensor.Kernels#rope}: {@code count} rows of {@code heads} heads of E, whose first {@code rotatedHeads} rotate.
     *
     * @throws IndexOutOfBoundsException if a position is not in 0..P − 1
     */
    void rope(
            int count,
            int heads,
            int E,
            int rotatedHeads,
            long x,
            long positions,
            long cos,
            long sin,
            int P,
            boolean inverse,
            RopeOrder order);

    /** See {@link dev.cria.tensor.Kernels#swiGlu}: {@code count} rows, F wide. */
    void swiGlu(int count, int F, long h, long gateUp);

    /**
     * See {@link dev.cria.tensor.Kernels#negativeLogLikelihood}: {@code count} rows of V logits.
     *
     * @throws IndexOutOfBoundsException if a target is neither −1 nor in 0..V − 1
     */
    void negativeLogLikelihood(int count, int V, long losses, long logits, long targets);

    /** See {@link dev.cria.tensor.Kernels#argMax}: {@code count} rows of V logits. */
    void argMax(int count, int V, long indices, long logits);

    /** {@code count} floats to the nearest F16, ties to even. */
    void toHalves(long count, long from, long to);
}
