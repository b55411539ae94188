package dev.cria.tensor.cpu;

import java.util.Objects;

/**
 * Cross-entropy over consecutive rows of logits; see {@link ScalarCrossEntropy}. A row is read twice: first chunk by chunk, each chunk held in
 * the first cache while its maximum, its exponentials relative to that maximum and their sum are taken; then each chunk is multiplied by what
 * its maximum makes of it in the whole row.
 */
final class VectorCrossEntropy {
    /** Floats in a chunk: 8 KB. */
    private static final int CHUNK = 2048;

    private final int V;
    private final float[] maxima;
    private final float[] sums;
    private double maximum;
    private double sum;

    private VectorCrossEntropy(int V) {
        this.V = V;
        maxima = new float[(V + CHUNK - 1) / CHUNK];
        sums = new float[maxima.length];
    }

    /** Losses of N rows of V logits, which become their gradient. */
    static void gradient(long losses, long logits, long targets, long weights, int N, int V, float scale) {
        VectorCrossEntropy row = new VectorCrossEntropy(V);
        for (int n = 0; n < N; n++) {
            long at = logits + (long) n * V * Float.BYTES;
            int target = Native.getInt(targets, n);
            if (target == -1) {
                Native.setFloat(losses, n, 0);
                Native.zero(at, (long) V * Float.BYTES);
                continue;
            }
            float weight = Native.getFloat(weights, n);
            float logit = Native.getFloat(at, Objects.checkIndex(target, V));
            row.exponentials(at, true);
            Native.setFloat(losses, n, (float) (weight * row.loss(logit)));
            row.probabilities(at, (double) scale * weight);
            // 1 − p without cancellation where p is near 1 would need the other probabilities' sum; float32 does not
            // gain from it.
            Native.setFloat(at, target, Native.getFloat(at, target) - scale * weight);
        }
    }

    /** Losses of N rows of V logits. */
    static void loss(long losses, long logits, long targets, int N, int V) {
        VectorCrossEntropy row = new VectorCrossEntropy(V);
        for (int n = 0; n < N; n++) {
            long at = logits + (long) n * V * Float.BYTES;
            int target = Native.getInt(targets, n);
            if (target == -1) {
                Native.setFloat(losses, n, 0);
                continue;
            }
            float logit = Native.getFloat(at, Objects.checkIndex(target, V));
            row.exponentials(at, false);
            Native.setFloat(losses, n, (float) row.loss(logit));
        }
    }

    private double loss(float logit) {
        return Math.log(sum) + (maximum - logit);
    }

    /** Finds the row's maximum and sum; with {@code keep} the logits become exponentials relative to their chunk's maximum. */
    private void exponentials(long row, boolean keep) {
        maximum = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < maxima.length; i++) {
            long at = row + (long) i * CHUNK * Float.BYTES;
            int count = Math.min(CHUNK, V - i * CHUNK);
            // A chunk of −∞ alone has no maximum to subtract; any finite one will do.
            maxima[i] = Math.max(VectorSoftmax.maximum(at, count), -Float.MAX_VALUE);
            sums[i] = keep
                    ? VectorSoftmax.exponentials(at, count, 1, maxima[i])
                    : VectorSoftmax.sum(at, count, maxima[i]);
            maximum = Math.max(maximum, maxima[i]);
        }
        sum = 0;
        for (int i = 0; i < maxima.length; i++) {
            sum += sums[i] * Math.exp(maxima[i] - maximum);
        }
    }

    /** Turns exponentials to softmax times {@code factor}. */
    private void probabilities(long row, double factor) {
        for (int i = 0; i < maxima.length; i++) {
            float by = (float) (factor * Math.exp(maxima[i] - maximum) / sum);
            VectorElementwise.scale(row + (long) i * CHUNK * Float.BYTES, by, Math.min(CHUNK, V - i * CHUNK));
        }
    }
}
