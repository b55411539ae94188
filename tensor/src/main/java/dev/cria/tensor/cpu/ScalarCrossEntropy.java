package dev.cria.tensor.cpu;

import java.util.Objects;

/** Reference cross-entropy of rows of logits, in double precision. */
final class ScalarCrossEntropy {
    private ScalarCrossEntropy() {}

    /** Losses of N rows of V logits, which become their gradient; see {@link dev.cria.tensor.Kernels#crossEntropy}. */
    static void gradient(long losses, long logits, long targets, long weights, int N, int V, float scale) {
        for (int n = 0; n < N; n++) {
            long row = logits + (long) n * V * Float.BYTES;
            int target = Native.getInt(targets, n);
            if (target == -1) {
                Native.setFloat(losses, n, 0);
                Native.zero(row, (long) V * Float.BYTES);
                continue;
            }
            Objects.checkIndex(target, V);
            double maximum = maximum(row, V);
            double sum = sum(row, V, maximum);
            double weight = Native.getFloat(weights, n);
            double loss = Math.log(sum) + (maximum - Native.getFloat(row, target));
            Native.setFloat(losses, n, (float) (weight * loss));
            for (int v = 0; v < V; v++) {
                double probability = Math.exp(Native.getFloat(row, v) - maximum) / sum;
                Native.setFloat(row, v, (float) (scale * weight * (v == target ? probability - 1 : probability)));
            }
        }
    }

    /** Losses of N rows of V logits. */
    static void loss(long losses, long logits, long targets, int N, int V) {
        for (int n = 0; n < N; n++) {
            long row = logits + (long) n * V * Float.BYTES;
            int target = Native.getInt(targets, n);
            if (target == -1) {
                Native.setFloat(losses, n, 0);
                continue;
            }
            Objects.checkIndex(target, V);
            double maximum = maximum(row, V);
            // The large terms cancel before the small logarithm is added, so logits of any size lose nothing.
            double loss = Math.log(sum(row, V, maximum)) + (maximum - Native.getFloat(row, target));
            Native.setFloat(losses, n, (float) loss);
        }
    }

    private static double maximum(long row, int V) {
        double maximum = Double.NEGATIVE_INFINITY;
        for (int v = 0; v < V; v++) {
            maximum = Math.max(maximum, Native.getFloat(row, v));
        }
        return maximum;
    }

    /** Σ exp(logit − maximum). */
    private static double sum(long row, int V, double maximum) {
        double sum = 0;
        for (int v = 0; v < V; v++) {
            sum += Math.exp(Native.getFloat(row, v) - maximum);
        }
        return sum;
    }
}
