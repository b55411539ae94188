package dev.cria.tensor.cpu;

import dev.cria.tensor.AdamWFactors;
import dev.cria.tensor.AdamWStep;

/** Reference element-wise operations and sums over {@code count} floats. */
final class ScalarElementwise {
    private ScalarElementwise() {}

    /** y = a + b; y may be a. */
    static void add(long y, long a, long b, long count) {
        for (long i = 0; i < count; i++) {
            Native.setFloat(y, i, Native.getFloat(a, i) + Native.getFloat(b, i));
        }
    }

    static void scale(long x, float factor, long count) {
        for (long i = 0; i < count; i++) {
            Native.setFloat(x, i, Native.getFloat(x, i) * factor);
        }
    }

    static void fill(long x, float value, long count) {
        for (long i = 0; i < count; i++) {
            Native.setFloat(x, i, value);
        }
    }

    static double sum(long x, long count) {
        double sum = 0;
        for (long i = 0; i < count; i++) {
            sum += Native.getFloat(x, i);
        }
        return sum;
    }

    static double sumOfSquares(long x, long count) {
        double sum = 0;
        for (long i = 0; i < count; i++) {
            double value = Native.getFloat(x, i);
            sum += value * value;
        }
        return sum;
    }

    /** See {@link dev.cria.tensor.Kernels#argMax}: N rows of V. */
    static void argMax(long indices, long logits, int N, int V) {
        for (int n = 0; n < N; n++) {
            long row = logits + (long) n * V * Float.BYTES;
            int likeliest = 0;
            float largest = Float.NEGATIVE_INFINITY;
            for (int v = 0; v < V; v++) {
                float logit = Native.getFloat(row, v);
                if (logit > largest) {
                    largest = logit;
                    likeliest = v;
                }
            }
            Native.setInt(indices, n, likeliest);
        }
    }

    /** See {@link dev.cria.tensor.Kernels#adamW}. */
    static void adamW(
            long parameters, long gradients, long firstMoment, long secondMoment, AdamWStep step, long count) {
        AdamWFactors factors = AdamWFactors.of(step);
        for (long i = 0; i < count; i++) {
            float g = Native.getFloat(gradients, i) * step.gradientScale();
            float m = step.beta1() * Native.getFloat(firstMoment, i) + factors.newGradient() * g;
            float v = step.beta2() * Native.getFloat(secondMoment, i) + factors.newSquare() * (g * g);
            float denominator = (float) Math.sqrt(v) * factors.inverseRootCorrection() + step.epsilon();
            float decayed = Native.getFloat(parameters, i) * factors.decay();
            Native.setFloat(firstMoment, i, m);
            Native.setFloat(secondMoment, i, v);
            Native.setFloat(parameters, i, decayed - factors.stepSize() * (m / denominator));
        }
    }
}
