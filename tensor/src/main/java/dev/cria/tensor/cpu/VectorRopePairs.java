package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.SPECIES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;

/** Rotation of neighbouring dimensions of one head; see {@link ScalarRope} and {@link dev.cria.tensor.RopeOrder#PAIRS}. */
final class VectorRopePairs {
    /** Exchanges the two dimensions of each pair. */
    private static final VectorShuffle<Float> PARTNER = VectorShuffle.fromOp(SPECIES, i -> i ^ 1);

    /** Twice each of the first half of the lanes. */
    private static final VectorShuffle<Float> FIRST = VectorShuffle.fromOp(SPECIES, i -> i / 2);

    /** Twice each of the second half of the lanes. */
    private static final VectorShuffle<Float> SECOND = VectorShuffle.fromOp(SPECIES, i -> (LANES + i) / 2);

    private static final FloatVector SIGNS = signs();

    private VectorRopePairs() {}

    private static FloatVector signs() {
        float[] signs = new float[LANES];
        for (int i = 0; i < LANES; i++) {
            signs[i] = i % 2 == 0 ? -1 : 1;
        }
        return FloatVector.fromArray(SPECIES, signs, 0);
    }

    /** Rotates the E dimensions at x in place; cos and sin are a row of E/2 of the tables. */
    static void head(long x, int E, long cos, long sin, boolean inverse) {
        FloatVector signs = inverse ? SIGNS.neg() : SIGNS;
        int whole = E / (2 * LANES) * 2 * LANES;
        for (int e = 0; e < whole; e += 2 * LANES) {
            FloatVector c = load(cos + e * 2L);
            FloatVector s = load(sin + e * 2L);
            long at = x + (long) e * Float.BYTES;
            rotate(at, c.rearrange(FIRST), s.rearrange(FIRST).mul(signs));
            rotate(at + BYTES, c.rearrange(SECOND), s.rearrange(SECOND).mul(signs));
        }
        for (int e = whole; e < E; e += 2) {
            float c = Native.getFloat(cos, e / 2);
            float s = inverse ? -Native.getFloat(sin, e / 2) : Native.getFloat(sin, e / 2);
            float a = Native.getFloat(x, e);
            float b = Native.getFloat(x, e + 1);
            Native.setFloat(x, e, a * c - b * s);
            Native.setFloat(x, e + 1, b * c + a * s);
        }
    }

    private static void rotate(long at, FloatVector cos, FloatVector sin) {
        FloatVector v = load(at);
        store(v.mul(cos).add(v.rearrange(PARTNER).mul(sin)), at);
    }
}
