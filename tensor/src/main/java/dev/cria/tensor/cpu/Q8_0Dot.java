package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.BlockVectors.floats;
import static dev.cria.tensor.cpu.BlockVectors.halves;
import static dev.cria.tensor.cpu.BlockVectors.signed;
import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;

/** Q8_0 rows times inputs: a block's sum is d·Σ q·x. */
final class Q8_0Dot implements BlockDot {
    private static final int BLOCK_BYTES = 34;
    private static final int SIZE = 32;
    private static final int X_BYTES = SIZE * Float.BYTES;

    @Override
    public int preparedFloats(int I) {
        return 0;
    }

    @Override
    public void prepare(long x, int I, long prepared) {
        // The inputs are all that rows need.
    }

    @Override
    public int factorFloats(int I) {
        return 0;
    }

    @Override
    public void unpack(long w, long apart, int I, long factors) {
        // The scales of blocks are read where they are.
    }

    @Override
    public void twoRows(long w, long apart, long factors, long x, long prepared, int I, long sums) {
        FloatVector zero = FloatVector.zero(Vectors.SPECIES);
        FloatVector sum0 = zero;
        FloatVector sum1 = zero;
        // An end at an address instead of a count: see Q4_0Dot.
        long end = w + (long) I / SIZE * BLOCK_BYTES;
        while (w != end) {
            FloatVector v = load(x);
            FloatVector block0 = floats(signed(w + 2)).mul(v);
            FloatVector block1 = floats(signed(w + apart + 2)).mul(v);
            v = load(x + BYTES);
            block0 = floats(signed(w + 2 + LANES)).fma(v, block0);
            block1 = floats(signed(w + apart + 2 + LANES)).fma(v, block1);
            if (LANES == 8) {
                v = load(x + 2 * BYTES);
                block0 = floats(signed(w + 2 + 2 * LANES)).fma(v, block0);
                block1 = floats(signed(w + apart + 2 + 2 * LANES)).fma(v, block1);
                v = load(x + 3 * BYTES);
                block0 = floats(signed(w + 2 + 3 * LANES)).fma(v, block0);
                block1 = floats(signed(w + apart + 2 + 3 * LANES)).fma(v, block1);
            }
            sum0 = block0.fma(halves(w), sum0);
            sum1 = block1.fma(halves(w + apart), sum1);
            w += BLOCK_BYTES;
            x += X_BYTES;
        }
        store(sum0, sums);
        store(sum1, sums + BYTES);
    }

    @Override
    public void fourInputs(long w, long factors, long x, long xRow, long prepared, long preparedRow, int I, long sums) {
        FloatVector zero = FloatVector.zero(Vectors.SPECIES);
        FloatVector sum0 = zero;
        FloatVector sum1 = zero;
        FloatVector sum2 = zero;
        FloatVector sum3 = zero;
        for (int b = 0; b < I / SIZE; b++) {
            FloatVector q = floats(signed(w + 2));
            FloatVector block0 = q.mul(load(x));
            FloatVector block1 = q.mul(load(x + xRow));
            FloatVector block2 = q.mul(load(x + 2 * xRow));
            FloatVector block3 = q.mul(load(x + 3 * xRow));
            for (int i = BYTES; i < X_BYTES; i += BYTES) {
                q = floats(signed(w + 2 + i / Float.BYTES));
                block0 = q.fma(load(x + i), block0);
                block1 = q.fma(load(x + i + xRow), block1);
                block2 = q.fma(load(x + i + 2 * xRow), block2);
                block3 = q.fma(load(x + i + 3 * xRow), block3);
            }
            FloatVector d = halves(w);
            sum0 = block0.fma(d, sum0);
            sum1 = block1.fma(d, sum1);
            sum2 = block2.fma(d, sum2);
            sum3 = block3.fma(d, sum3);
            w += BLOCK_BYTES;
            x += X_BYTES;
        }
        store(sum0, sums);
        store(sum1, sums + BYTES);
        store(sum2, sums + 2 * BYTES);
        store(sum3, sums + 3 * BYTES);
    }
}
