package dev.cria.tensor.quant;

/**
 * 256 floats as eight groups of 32 in x ≈ d·s·q − e·m: s and m are 6 bits a group, d and e are float16 for all. Each group is fitted alone; then,
 * in turns, s and m are chosen among the whole numbers around the fit by the error they really give, and d and e follow by least squares. The
 * best turn is kept.
 */
final class AffineSuperBlock {
    static final int SIZE = 256;
    static final int GROUPS = SIZE / AffineGroup.SIZE;

    /** Largest group scale and minimum. */
    private static final int LARGEST_FACTOR = 63;

    private static final int TURNS = 3;

    private final BlockCodec codec;
    private final int largest;
    private final AffineGroup group;
    private final float[] scales = new float[GROUPS];
    private final float[] minimums = new float[GROUPS];
    private State best = new State();
    private State turn = new State();

    /** A choice of everything that is stored. */
    private static final class State {
        private short d;
        private short e;
        private final int[] s = new int[GROUPS];
        private final int[] m = new int[GROUPS];
        private final byte[] q = new byte[SIZE];
    }

    /** @param largest the largest q: 15 for four bits, 31 for five */
    AffineSuperBlock(BlockCodec codec, int largest) {
        this.codec = codec;
        this.largest = largest;
        this.group = new AffineGroup(largest);
    }

    /** Bits of the float16 factor of the scales. */
    short d() {
        return best.d;
    }

    /** Bits of the float16 factor of the minimums. */
    short e() {
        return best.e;
    }

    int scale(int g) {
        return best.s[g];
    }

    int minimum(int g) {
        return best.m[g];
    }

    /** Element {@code i}, 0..largest. */
    int q(int i) {
        return best.q[i];
    }

    /** Finds the choice for {@code x[from…]}. */
    void fit(float[] x, int from) {
        float largestScale = 0;
        float largestMinimum = 0;
        for (int g = 0; g < GROUPS; g++) {
            group.fit(x, from + g * AffineGroup.SIZE);
            scales[g] = group.scale();
            minimums[g] = group.minimum();
            largestScale = Math.max(largestScale, scales[g]);
            largestMinimum = Math.max(largestMinimum, minimums[g]);
        }
        turn.d = codec.half(largestScale / LARGEST_FACTOR);
        turn.e = codec.half(largestMinimum / LARGEST_FACTOR);
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
            if (error == 0 || !fitFactors(x, from)) {
                return;
            }
        }
    }

    /** Chooses s, m and q of all groups for the turn's d and e; returns the squared error. */
    private float chooseGroups(float[] x, int from) {
        float d = Float.float16ToFloat(turn.d);
        float e = Float.float16ToFloat(turn.e);
        float total = 0;
        for (int g = 0; g < GROUPS; g++) {
            int at = from + g * AffineGroup.SIZE;
            int s = nearest(scales[g], d);
            int m = nearest(minimums[g], e);
            float least = Float.POSITIVE_INFINITY;
            for (int i = Math.max(0, s - 1); i <= Math.min(LARGEST_FACTOR, s + 1); i++) {
                for (int j = Math.max(0, m - 1); j <= Math.min(LARGEST_FACTOR, m + 1); j++) {
                    float error = error(x, at, d * i, e * j, least);
                    if (error < least) {
                        least = error;
                        turn.s[g] = i;
                        turn.m[g] = j;
                    }
                }
            }
            quantise(x, at, d * turn.s[g], e * turn.m[g], g * AffineGroup.SIZE);
            total += least;
        }
        return total;
    }

    private static int nearest(float value, float unit) {
        return unit == 0 ? 0 : Math.clamp(Math.round(value / unit), 0, LARGEST_FACTOR);
    }

    /** The squared error of a group with given factors, or any part of it that is not below {@code limit}. */
    private float error(float[] x, int from, float scale, float minimum, float limit) {
        float inverse = scale == 0 ? 0 : 1 / scale;
        float even = 0;
        float odd = 0;
        for (int i = from; i < from + AffineGroup.SIZE; i += 2) {
            float v = x[i] + minimum;
            float w = x[i + 1] + minimum;
            float restV = v - scale * Math.min(largest, Math.max(0, (int) (v * inverse + 0.5f)));
            float restW = w - scale * Math.min(largest, Math.max(0, (int) (w * inverse + 0.5f)));
            even += restV * restV;
            odd += restW * restW;
            if (even + odd >= limit) {
                break;
            }
        }
        return even + odd;
    }

    private void quantise(float[] x, int from, float scale, float minimum, int to) {
        float inverse = scale == 0 ? 0 : 1 / scale;
        for (int i = 0; i < AffineGroup.SIZE; i++) {
            int q = (int) ((x[from + i] + minimum) * inverse + 0.5f);
            turn.q[to + i] = (byte) Math.min(largest, Math.max(0, q));
        }
    }

    /** The next turn's d and e: least squares of x ≈ d·(s·q) − e·m. Returns whether they are others than the best's. */
    private boolean fitFactors(float[] x, int from) {
        double aa = 0;
        double ab = 0;
        double bb = 0;
        double ax = 0;
        double bx = 0;
        for (int g = 0; g < GROUPS; g++) {
            int sumQ = 0;
            int sumQQ = 0;
            float sumX = 0;
            float sumQX = 0;
            for (int i = g * AffineGroup.SIZE; i < (g + 1) * AffineGroup.SIZE; i++) {
                int q = best.q[i];
                sumQ += q;
                sumQQ += q * q;
                sumX += x[from + i];
                sumQX += q * x[from + i];
            }
            double s = best.s[g];
            double m = best.m[g];
            aa += s * s * sumQQ;
            ab += s * m * sumQ;
            bb += m * m * AffineGroup.SIZE;
            ax += s * sumQX;
            bx += m * sumX;
        }
        double determinant = aa * bb - ab * ab;
        double d = bb == 0 ? ax / aa : (ax * bb - ab * bx) / determinant;
        double e = bb == 0 ? 0 : (ax * ab - aa * bx) / determinant;
        if (!(d > 0 && e >= 0 && d < Float.MAX_VALUE && e < Float.MAX_VALUE)) {
            return false;
        }
        turn.d = Float.floatToFloat16((float) d);
        turn.e = Float.floatToFloat16((float) e);
        return Float.float16ToFloat(turn.d) < Float.POSITIVE_INFINITY
                && Float.float16ToFloat(turn.e) < Float.POSITIVE_INFINITY
                && (turn.d != best.d || turn.e != best.e);
    }
}
