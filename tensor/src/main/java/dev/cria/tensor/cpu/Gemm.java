package dev.cria.tensor.cpu;

/**
 * A matrix product, float32 in memory. Leaves run on the calling thread; attention's blocks use them directly. {@link ParallelGemm} and
 * {@link AmxMatMul} spread one product over the pool.
 */
interface Gemm {
    /**
     * C[m,n] = op(A)[m,k] · op(B)[k,n], or C += with {@code accumulate}; all row-major. op transposes where its flag is set, so A is stored
     * [m,k] or, transposed, [k,m], and B [k,n] or [n,k].
     *
     * @param a address of A; {@code lda} floats lie between the starts of its stored rows, and so on
     * @param c address of C, which shares no memory with A and B
     */
    void multiply(
            boolean transposeA,
            boolean transposeB,
            int m,
            int n,
            int k,
            long a,
            long lda,
            long b,
            long ldb,
            boolean accumulate,
            long c,
            long ldc);

    /** A short name for logs, such as {@code vector}. */
    String name();
}
