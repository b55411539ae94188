package dev.cria.tensor.cpu;

/** Reference RMSNorm (arXiv 1910.07467), forward and backward, with sums in double precision. */
final class ScalarRmsNorm {
    private ScalarRmsNorm() {}

    /** y = x·rstd·weight, rstd = 1/√(mean(x²) + eps), for N rows of D. */
    static void forward(long y, long rstd, long x, long weight, int N, int D, float eps) {
        for (int n = 0; n < N; n++) {
            long row = (long) n * D;
            double squares = 0;
            for (int d = 0; d < D; d++) {
                double value = Native.getFloat(x, row + d);
                squares += value * value;
            }
            double scale = 1 / Math.sqrt(squares / D + eps);
            Native.setFloat(rstd, n, (float) scale);
            for (int d = 0; d < D; d++) {
                Native.setFloat(y, row + d, (float) (Native.getFloat(x, row + d) * scale * Native.getFloat(weight, d)));
            }
        }
    }

    /** dx += weight·rstd·dy − x·rstd³/D·Σ(dy·weight·x); dWeight += Σ_n dy·x·rstd. */
    static void backward(long dx, long dWeight, long dy, long x, long rstd, long weight, int N, int D) {
        double[] weightGradient = new double[D];
        for (int n = 0; n < N; n++) {
            long row = (long) n * D;
            double scale = Native.getFloat(rstd, n);
            double dot = 0;
            for (int d = 0; d < D; d++) {
                double product = (double) Native.getFloat(dy, row + d) * Native.getFloat(x, row + d);
                dot += product * Native.getFloat(weight, d);
                weightGradient[d] += product * scale;
            }
            double towardsX = scale * scale * scale / D * dot;
            for (int d = 0; d < D; d++) {
                double gradient = Native.getFloat(weight, d) * scale * Native.getFloat(dy, row + d)
                        - Native.getFloat(x, row + d) * towardsX;
                Native.setFloat(dx, row + d, (float) (Native.getFloat(dx, row + d) + gradient));
            }
        }
        for (int d = 0; d < D; d++) {
            Native.setFloat(dWeight, d, (float) (Native.getFloat(dWeight, d) + weightGradient[d]));
        }
    }
}
