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

    /** Keys in a block: with the queries, a score block of 48 KB. */
    static final int KEYS = 128;

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
        hide(row, visible, width);
        if (visible == 0) {
            VectorElementwise.fill(row, 0, width);
            return 1;
        }
        float before = Native.getFloat(maxima, i);
        float maximum = Math.max(before, VectorSoftmax.maximum(row, padded(visible)) * scale);
        float shrink = before == maximum ? 1 : (float) Math.exp(before - maximum);
        float sum = VectorSoftmax.exponentials(row, padded(width), scale, maximum);
        Native.setFloat(maxima, i, maximum);
        Native.setFloat(sums, i, Native.getFloat(sums, i) * shrink + sum);
        return shrink;
    }

    /** Whole vectors that hold {@code count} scores; a row has room for them, since {@link #KEYS} is a multiple of every vector length. */
    static int padded(int count) {
        return (count + Vectors.LANES - 1) / Vectors.LANES * Vectors.LANES;
    }

    /** Scores from {@code visible} on become −∞, so that their exponentials are zero. */
    static void hide(long row, int visible, int width) {
        for (int i = visible; i < padded(width); i++) {
            Native.setFloat(row, i, Float.NEGATIVE_INFINITY);
        }
    }
}
