package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.splat;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;

/** RMSNorm, forward and backward, over consecutive rows of D floats; see {@link ScalarRmsNorm}. */
final class VectorRmsNorm {
    private VectorRmsNorm() {}

    static void forward(long y, long rstd, long x, long weight, int N, int D, float eps) {
        long rowBytes = (long) D * Float.BYTES;
        long whole = Vectors.wholeBytes(D);
        for (int n = 0; n < N; n++) {
            float scale = (float) (1 / Math.sqrt((double) VectorSums.dot(x, x, D) / D + eps));
            Native.setFloat(rstd, n, scale);
            FloatVector by = splat(scale);
            for (long i = 0; i < whole; i += BYTES) {
                store(load(x + i).mul(by).mul(load(weight + i)), y + i);
            }
            for (long i = whole; i < rowBytes; i += Float.BYTES) {
                Native.setFloat(y + i, Native.getFloat(x + i) * scale * Native.getFloat(weight + i));
            }
            x += rowBytes;
            y += rowBytes;
        }
    }

    /** Adds to dx, and adds Σ_n dy·x·rstd to {@code weightSum}[D]. */
    static void backward(long dx, long weightSum, long dy, long x, long rstd, long weight, int N, int D) {
        long rowBytes = (long) D * Float.BYTES;
        for (int n = 0; n < N; n++) {
            float scale = Native.getFloat(rstd, n);
            float along = -scale * scale * scale / D * dotOfThree(dy, x, weight, D);
            row(dx, weightSum, dy, x, weight, D, scale, along);
            dx += rowBytes;
            dy += rowBytes;
            x += rowBytes;
        }
    }

    /** dx += weight·dy·scale + x·along; weightSum += dy·x·scale. */
    private static void row(long dx, long weightSum, long dy, long x, long weight, int D, float scale, float along) {
        long whole = Vectors.wholeBytes(D);
        FloatVector scales = splat(scale);
        FloatVector alongs = splat(along);
        for (long i = 0; i < whole; i += BYTES) {
            FloatVector value = load(x + i);
            FloatVector scaled = load(dy + i).mul(scales);
            FloatVector gradient = scaled.fma(load(weight + i), load(dx + i));
            store(value.fma(alongs, gradient), dx + i);
            store(scaled.fma(value, load(weightSum + i)), weightSum + i);
        }
        for (long i = whole; i < (long) D * Float.BYTES; i += Float.BYTES) {
            float value = Native.getFloat(x + i);
            float scaled = Native.getFloat(dy + i) * scale;
            Native.setFloat(dx + i, Native.getFloat(dx + i) + scaled * Native.getFloat(weight + i) + value * along);
            Native.setFloat(weightSum + i, Native.getFloat(weightSum + i) + scaled * value);
        }
    }

    private static float dotOfThree(long a, long b, long c, int D) {
        FloatVector s0 = FloatVector.zero(Vectors.SPECIES);
        FloatVector s1 = s0;
        long whole = Vectors.wholeBytes(D);
        long i = 0;
        for (; i + 2 * BYTES <= whole; i += 2 * BYTES) {
            s0 = load(a + i).mul(load(b + i)).fma(load(c + i), s0);
            s1 = load(a + i + BYTES).mul(load(b + i + BYTES)).fma(load(c + i + BYTES), s1);
        }
        for (; i < whole; i += BYTES) {
            s0 = load(a + i).mul(load(b + i)).fma(load(c + i), s0);
        }
        float sum = LaneSum.of(s0.add(s1));
        for (; i < (long) D * Float.BYTES; i += Float.BYTES) {
            sum += Native.getFloat(a + i) * Native.getFloat(b + i) * Native.getFloat(c + i);
        }
        return sum;
    }
}
