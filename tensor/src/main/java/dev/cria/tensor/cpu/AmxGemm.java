package dev.cria.tensor.cpu;

import java.lang.foreign.Arena;

/**
 * bf16 product on the matrix engine, on the calling thread: operands are rounded to bf16 as they are packed, sums are float32. Each thread
 * has scratch of its own, allocated at its first product.
 */
final class AmxGemm implements Gemm {
    private final AmxLeaf leaf;
    private final ThreadLocal<Long> scratch;

    AmxGemm(AmxLeaf leaf, Arena arena) {
        this.leaf = leaf;
        this.scratch = ThreadLocal.withInitial(
                () -> arena.allocate(leaf.gemmScratchBytes(), 4096).address());
    }

    @Override
    public void multiply(
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
            long ldc) {
        leaf.gemm(transposeA, transposeB, m, n, k, a, lda, b, ldb, accumulate, c, ldc, scratch.get());
    }

    @Override
    public String name() {
        return "AMX bf16";
    }
}
