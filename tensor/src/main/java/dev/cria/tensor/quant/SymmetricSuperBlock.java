package dev.cria.tensor.quant;

/**
 * 256 floats as sixteen groups of 16 in x ≈ d·s·q: s is a signed byte a group, d a float16 for all. Each group is fitted alone; then, in turns,
 * s is chosen among the whole numbers around the fit by the error it really gives, and d follows by least squares. The best turn is kept.
 */
final class SymmetricSuperBlock {
    static final int SIZE = 256;
    static final int GROUPS = SIZE / SymmetricGroup.SIZE;

    private static final int TURNS = 3;

    private final BlockCodec codec;
    private final SymmetricGroup group = new SymmetricGroup();
    private final float[] scales = new float[GROUPS];
    private State best = new State();
    private State turn = new State();

    /** A choice of everything that is stored. */
    private static final class State {
        private short d;
        private final byte[] s = new byte[GROUPS];
        private final byte[] q = new byte[SIZE];
    }

    SymmetricSuperBlock(BlockCodec codec) {
        this.codec = codec;
    }

    /** Bits of the float16 factor. */
    short d() {
        return best.d;
    }

    byte scale(int g) {
        return best.s[g];
    }

    /** Element {@code i}, −32..31. */
    int q(int i) {
        return best.q[i];
    }

    /** Finds the choice for {@code x[from…]}. */
    void fit(float[] x, int from) {
        float extreme = 0;
        for (int g = 0; g < GROUPS; g++) {
            group.fit(x, from + g * SymmetricGroup.SIZE);
            scales[g] = group.scale();
            if (Math.abs(scales[g]) > Math.abs(extreme)) {
                extreme = scales[g];
            }
        }
        turn.d = codec.half(extreme / Byte.MIN_VALUE);
        float bestError = Float.POSITIVE_INFINITY;
        for (int i = 0; i < TURNS; i++) {
            float error = chooseGroups(x, from);
            if (error >= bestError) {
                return;
            }
            bestError = error;
            State better = turn;
            turn = best;
            best = better;
            if (error == 0 || !fitFactor(x, from)) {
                return;
            }
        }
    }

    /** Chooses s and q of all groups for the turn's d; returns the squared error. */
    private float chooseGroups(float[] x, int from) {
        float d = Float.float16ToFloat(turn.d);
        float total = 0;
        for (int g = 0; g < GROUPS; g++) {
            int at = from + g * SymmetricGroup.SIZE;
            int s = d == 0 ? 0 : Math.clamp(Math.round(scales[g] / d), Byte.MIN_VALUE, Byte.MAX_VALUE);
            float least = Float.POSITIVE_INFINITY;
            for (int i = Math.max(Byte.MIN_VALUE, s - 1); i <= Math.min(Byte.MAX_VALUE, s + 1); i++) {
                float error = error(x, at, d * i);
                if (error < least) {
                    least = error;
                    turn.s[g] = (byte) i;
                }
            }
            quantise(x, at, d * turn.s[g], g * SymmetricGroup.SIZE);
            total += least;
        }
        return total;
    }

    private static float inverse(float scale) {
        return scale == 0 ? 0 : 1 / scale;
    }

    private static float error(float[] x, int from, float scale) {
        float inverse = inverse(scale);
        float error = 0;
        for (int i = from; i < from + SymmetricGroup.SIZE; i++) {
            float rest = x[i] - scale * SymmetricGroup.q(x[i], inverse);
            error += rest * rest;
        }
        return error;
    }

    private void quantise(float[] x, int from, float scale, int to) {
        float inverse = inverse(scale);
        for (int i = 0; i < SymmetricGroup.SIZE; i++) {
            turn.q[to + i] = (byte) SymmetricGroup.q(x[from + i], inverse);
        }
    }

    /** The next turn's d: least squares of x ≈ d·(s·q). Returns whether it is another than the best's. */
    private boolean fitFactor(float[] x, int from) {
        double squares = 0;
        double products = 0;
        for (int i = 0; i < SIZE; i++) {
            int factor = best.s[i / SymmetricGroup.SIZE] * best.q[i];
            squares += (double) factor * factor;
            products += (double) factor * x[from + i];
        }
        float d = (float) (products / squares);
        turn.d = Float.floatToFloat16(d);
        return Float.isFinite(Float.float16ToFloat(turn.d)) && turn.d != best.d;
    }
}
