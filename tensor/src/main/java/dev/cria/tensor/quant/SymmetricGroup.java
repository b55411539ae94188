package dev.cria.tensor.quant;

/**
 * The best factor of 16 floats in x ≈ s·q with whole q in −32..31, by squared error. The element of largest magnitude is put near either end
 * of q's range, a little inside or outside; each rounding's factor follows by least squares.
 */
final class SymmetricGroup {
    static final int SIZE = 16;
    static final int LEAST = -32;
    static final int LARGEST = 31;

    /** Grids tried to either side of each end. */
    private static final int GRIDS = 9;

    private float scale;
    private double gain;

    /** s of the last fit; its sign is free. */
    float scale() {
        return scale;
    }

    /** Fits {@code x[from…]}. */
    void fit(float[] x, int from) {
        float extreme = 0;
        for (int i = from; i < from + SIZE; i++) {
            if (Math.abs(x[i]) > Math.abs(extreme)) {
                extreme = x[i];
            }
        }
        scale = extreme / LEAST;
        gain = 0;
        if (scale == 0) {
            return;
        }
        for (int grid = -GRIDS; grid <= GRIDS; grid++) {
            round(x, from, (LEAST - 0.1f * grid) / extreme);
            round(x, from, (LARGEST + 0.1f * grid) / extreme);
        }
        round(x, from, 1 / scale);
    }

    /** The squared error of a rounding with its best factor is Σx² − (Σqx)²/Σq²; the second part is the gain. */
    private void round(float[] x, int from, float inverse) {
        float sumQX = 0;
        int sumQQ = 0;
        for (int i = from; i < from + SIZE; i++) {
            int q = q(x[i], inverse);
            sumQX += q * x[i];
            sumQQ += q * q;
        }
        double better = (double) sumQX * sumQX / sumQQ;
        if (sumQQ > 0 && better > gain) {
            gain = better;
            scale = (float) ((double) sumQX / sumQQ);
        }
    }

    /** The nearest q to x·inverse. */
    static int q(float x, float inverse) {
        return LEAST + Math.min(LARGEST - LEAST, Math.max(0, (int) (x * inverse + (0.5f - LEAST))));
    }
}
