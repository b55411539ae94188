package dev.cria.cuda.gemm;

/**
 * What decides how a product of row-major matrices is computed: C[M,N] = op(A)[M,K] · op(B)[K,N], or += .
 *
 * <p>cuBLASLt stores matrices column by column. The memory of a row-major matrix [r, c] with c' elements from row to row is, read that way, its
 * transpose: c rows, r columns, leading dimension c'. So it is asked for Cᵀ = op(B)ᵀ · op(A)ᵀ: its first factor is our B, its second our A,
 * its m is our N and its n our M, and since both factors are transposed by the reading already, a factor that we want transposed is one that
 * it must transpose too. In full, for the three products of a linear layer with w[O,I]:
 *
 * <pre>
 *                         ours                     cuBLASLt's m, n, k   first factor         second factor        result
 * y[N,O]  = x · wᵀ        A = x,   B = w transp.   O, N, I              w: I×O, ld I, T      x:  I×N, ld I, N     y:  O×N, ld O
 * dx[N,I] = dy · w        A = dy,  B = w           I, N, O              w: I×O, ld I, N      dy: O×N, ld O, N     dx: I×N, ld I
 * dw[O,I] = dyᵀ · x       A = dy transp., B = x    I, O, N              x: I×N, ld I, N      dy: O×N, ld O, T     dw: I×O, ld I
 * </pre>
 *
 * @param M rows of C
 * @param N columns of C
 * @param K what is summed over
 * @param transposeA whether A is stored [K,M]
 * @param transposeB whether B is stored [N,K]
 * @param strideA elements from one row of A, as it is stored, to the next
 * @param strideB the same of B
 * @param strideC the same of C
 * @param typeA type of A
 * @param typeB type of B; A's, unless both are of 8 bits
 * @param result type of C
 * @param accumulate whether the product is added to C
 * @param tensorFloat whether float32 operands may be rounded to TF32
 * @param fastSums whether sums of FP8 products may keep fewer bits than float32
 * @param alignments bytes that the addresses of A, B and C are multiples of: their binary logarithms in the digits of base 16, A's last
 */
record GemmShape(
        long M,
        long N,
        long K,
        boolean transposeA,
        boolean transposeB,
        long strideA,
        long strideB,
        long strideC,
        MatrixType typeA,
        MatrixType typeB,
        MatrixType result,
        boolean accumulate,
        boolean tensorFloat,
        boolean fastSums,
        int alignments) {
    private static final int LARGEST = 8;

    /** Such as {@code product BF16 T[2048, 4096] x [4096, 256] += F32}, T where a factor is stored the other way round. */
    String name() {
        return "product " + typeA + (typeB == typeA ? "" : " and " + typeB) + " " + (transposeA ? "T" : "") + "[" + M
                + ", " + K + "] x " + (transposeB ? "T" : "") + "[" + K + ", " + N + "] " + (accumulate ? "+= " : "= ")
                + result;
    }

    /** The digits for three addresses; more than 256 bytes say nothing new. */
    static int alignments(long a, long b, long c) {
        return logarithm(a) | logarithm(b) << 4 | logarithm(c) << 8;
    }

    private static int logarithm(long address) {
        return Math.min(LARGEST, Long.numberOfTrailingZeros(address));
    }

    int alignmentA() {
        return 1 << (alignments & 15);
    }

    int alignmentB() {
        return 1 << (alignments >> 4 & 15);
    }

    int alignmentC() {
        return 1 << (alignments >> 8 & 15);
    }

    /** Rows of A as it is stored. */
    long storedRowsA() {
        return transposeA ? K : M;
    }

    long storedColumnsA() {
        return transposeA ? M : K;
    }

    long storedRowsB() {
        return transposeB ? N : K;
    }

    long storedColumnsB() {
        return transposeB ? K : N;
    }
}
