package dev.cria.tensor.cpu;

/**
 * Causal attention of a block of consecutive queries of one head over all keys that they see, key block by key block with online softmax
 * (FlashAttention-2, arXiv 2307.08691, algorithm 1). The sums of values grow in the output itself.
 *
 * @param gemm multiplies one block
 * @param scores memory for {@link #ROWS} × {@link #KEYS} floats and two more rows of {@link #ROWS}
 */
record QueryBlock(Gemm gemm, long scores) {
    /** Queries in a block: a multiple of the register tile's rows. */
    static final int ROWS = 96;

    /** Keys in a block: with the queries, a score block of 96 KB, which the second cache holds. Longer rows cost less for each score. */
    static final int KEYS = 256;

    /** Bytes of scratch that {@link #scores} needs. */
    static final long SCRATCH_BYTES = (long) (ROWS * KEYS + 2 * ROWS) * Float.BYTES;

    /**
     * @param out the first query's output; {@code outRow} floats lie between two queries' outputs, and so on
     * @param logSumExp the first query's log Σ exp, consecutive; 0 where it is not wanted
     * @param rows queries, {@link #ROWS} at most
     * @param position the first query's position: it sees keys 0 to {@code position}
     */
    void forward(
            long out,
            long outRow,
            long logSumExp,
            long q,
            long qRow,
            long keys,
            long values,
            long keyRow,
            int rows,
            int position,
            int E) {
        long maxima = scores + (long) ROWS * KEYS * Float.BYTES;
        long sums = maxima + (long) ROWS * Float.BYTES;
        VectorElementwise.fill(maxima, Float.NEGATIVE_INFINITY, rows);
        Native.zero(sums, (long) rows * Float.BYTES);
        float scale = (float) (1 / Math.sqrt(E));
        int seen = position + rows;
        for (int key = 0; key < seen; key += KEYS) {
            int width = Math.min(KEYS, seen - key);
            long block = key * keyRow * Float.BYTES;
            gemm.multiply(false, true, rows, width, E, q, qRow, keys + block, keyRow, false, scores, KEYS);
            for (int i = 0; i < rows; i++) {
                int visible = Math.clamp(position + i + 1L - key, 0, width);
                float shrink = row(maxima, sums, i, visible, width, scale);
                if (key > 0 && shrink != 1) {
                    VectorElementwise.scale(out + i * outRow * Float.BYTES, shrink, E);
                }
            }
            gemm.multiply(false, false, rows, E, width, scores, KEYS, values + block, keyRow, key > 0, out, outRow);
        }
        for (int i = 0; i < rows; i++) {
            float sum = Native.getFloat(sums, i);
            VectorElementwise.scale(out + i * outRow * Float.BYTES, 1 / sum, E);
            if (logSumExp != 0) {
                Native.setFloat(logSumExp, i, (float) (Native.getFloat(maxima, i) + Math.log(sum)));
            }
        }
    }

    /** Turns one row of scores to exponentials under the new maximum; returns what the sums so far are multiplied by. */
    private float row(long maxima, long sums, int i, int visible, int width, float scale) {
        long row = scores + (long) i * KEYS * Float.BYTES;
        int seen = hide(row, visible, width);
        if (visible == 0) {
            return 1;
        }
        float before = Native.getFloat(maxima, i);
        float maximum = Math.max(before, VectorSoftmax.maximum(row, seen) * scale);
        float shrink = before == maximum ? 1 : shrink(before, maximum);
        float sum = VectorSoftmax.exponentials(row, seen, scale, maximum);
        Native.setFloat(maxima, i, maximum);
        Native.setFloat(sums, i, Native.getFloat(sums, i) * shrink + sum);
        return shrink;
    }

    /** What sums under the maximum {@code before} are multiplied by; nothing was summed under −∞. */
    private static float shrink(float before, float maximum) {
        return before == Float.NEGATIVE_INFINITY ? 0 : (float) Math.exp(before - maximum);
    }

    /** Whole vectors that hold {@code count} scores; a row has room for them, since {@link #KEYS} is a multiple of every vector length. */
    static int padded(int count) {
        return (count + Vectors.LANES - 1) / Vectors.LANES * Vectors.LANES;
    }

    /**
     * Hides the scores from {@code visible} on: −∞ up to the end of a vector, so that their exponentials are zero, and zeros after it.
     *
     * @return the end of that vector
     */
    static int hide(long row, int visible, int width) {
        int seen = padded(visible);
        for (int i = visible; i < seen; i++) {
            Native.setFloat(row, i, Float.NEGATIVE_INFINITY);
        }
        if (seen < width) {
            VectorElementwise.fill(row + (long) seen * Float.BYTES, 0, padded(width) - seen);
        }
        return seen;
    }
}
