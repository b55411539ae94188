package dev.cria.tensor.quant;

/**
 * The best factors of 32 floats in x ≈ s·q − m with whole q in 0..largest and m ≥ 0, by squared error. Rounding to a grid is tried for grids a
 * little wider and narrower than the values' range; each rounding's factors follow by least squares, and the best are polished by rounding
 * and fitting in turns.
 */
final class AffineGroup {
    static final int SIZE = 32;

    /** Grids tried, from a range of one step less than the values' to one more. */
    private static final int GRIDS = 20;

    private static final int POLISHES = 2;

    private final int largest;
    private float scale;
    private float minimum;
    private double error;

    AffineGroup(int largest) {
        this.largest = largest;
    }

    /** s of the last fit. */
    float scale() {
        return scale;
    }

    /** m of the last fit. */
    float minimum() {
        return minimum;
    }

    /** Fits {@code x[from…]}. */
    void fit(float[] x, int from) {
        float low = 0;
        float high = x[from];
        float sum = 0;
        float squares = 0;
        for (int i = from; i < from + SIZE; i++) {
            low = Math.min(low, x[i]);
            high = Math.max(high, x[i]);
            sum += x[i];
            squares += x[i] * x[i];
        }
        minimum = -low;
        scale = (high - low) / largest;
        error = Double.POSITIVE_INFINITY;
        if (scale == 0) {
            return;
        }
        for (int grid = 0; grid <= GRIDS; grid++) {
            round(x, from, (largest - 1 + 2f * grid / GRIDS) / (high - low), low, sum, squares);
        }
        for (int i = 0; i < POLISHES && scale > 0; i++) {
            round(x, from, 1 / scale, -minimum, sum, squares);
        }
    }

    /** Rounds to the grid q = (x − low)·inverse and takes the least-squares factors of that q where they are the best so far. */
    private void round(float[] x, int from, float inverse, float low, float sum, float squares) {
        int sumQ = 0;
        int sumQQ = 0;
        float sumQX = 0;
        for (int i = from; i < from + SIZE; i++) {
            int q = Math.min(largest, Math.max(0, (int) ((x[i] - low) * inverse + 0.5f)));
            sumQ += q;
            sumQQ += q * q;
            sumQX += q * x[i];
        }
        double determinant = (double) SIZE * sumQQ - (double) sumQ * sumQ;
        if (determinant <= 0) {
            return;
        }
        double s = (SIZE * (double) sumQX - (double) sumQ * sum) / determinant;
        double m = (s * sumQ - sum) / SIZE;
        if (m < 0) {
            m = 0;
            s = sumQX / (double) sumQQ;
        }
        double rest = squares + s * s * sumQQ + SIZE * m * m - 2 * s * sumQX + 2 * m * sum - 2 * s * m * sumQ;
        if (rest < error && s > 0) {
            error = rest;
            scale = (float) s;
            minimum = (float) m;
        }
    }
}
