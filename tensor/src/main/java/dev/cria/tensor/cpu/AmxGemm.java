package dev.cria.tensor.cpu;

/**
 * bf16 product on the matrix engine, on the calling thread: operands are rounded to bf16 as they are packed, sums are float32.
 */
final class AmxGemm implements Gemm {
    private final AmxLeaf leaf;
    private final ThreadScratch scratch = new ThreadScratch();

    AmxGemm(AmxLeaf leaf) {
        this.leaf = leaf;
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
        leaf.gemm(
                transposeA,
                transposeB,
                m,
                n,
                k,
                a,
                lda,
                b,
                ldb,
                accumulate,
                c,
                ldc,
                scratch.reserve(leaf.gemmScratchBytes()));
    }

    @Override
    public String name() {
        return "AMX bf16";
    }
}
