package dev.cria.tensor.cpu;

/** The reference matrix product: three loops, sums in double precision. */
final class ScalarGemm implements Gemm {
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
        long aRow = transposeA ? 1 : lda;
        long aColumn = transposeA ? lda : 1;
        long bRow = transposeB ? 1 : ldb;
        long bColumn = transposeB ? ldb : 1;
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                double sum = 0;
                for (int p = 0; p < k; p++) {
                    sum += (double) Native.getFloat(a, i * aRow + p * aColumn)
                            * Native.getFloat(b, p * bRow + j * bColumn);
                }
                long at = i * ldc + j;
                Native.setFloat(c, at, (float) (accumulate ? Native.getFloat(c, at) + sum : sum));
            }
        }
    }

    @Override
    public String name() {
        return "scalar";
    }
}
