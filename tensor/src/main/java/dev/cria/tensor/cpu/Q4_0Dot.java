package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.BlockVectors.floats;
import static dev.cria.tensor.cpu.BlockVectors.halves;
import static dev.cria.tensor.cpu.BlockVectors.right;
import static dev.cria.tensor.cpu.BlockVectors.unsigned;
import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Q4_0 rows times inputs. A block's sum Σ d·(q − 8)·x is d·(Σ q·x − 8·Σ x): the second sum is the same for all rows, so it is prepared, lane by
 * lane, and the first one starts from it.
 */
final class Q4_0Dot implements BlockDot {
    private static final int BLOCK_BYTES = 18;
    private static final int SIZE = 32;
    private static final int HALF_BYTES = SIZE / 2 * Float.BYTES;

    @Override
    public int preparedFloats(int I) {
        return I / SIZE * LANES;
    }

    @Override
    public void prepare(long x, int I, long prepared) {
        for (int b = 0; b < I / SIZE; b++) {
            FloatVector sum = load(x);
            for (int i = LANES; i < SIZE; i += LANES) {
                sum = sum.add(load(x + i * Float.BYTES));
            }
            store(sum.mul(-8), prepared);
            x += SIZE * Float.BYTES;
            prepared += BYTES;
        }
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
        FloatVector sum0 = FloatVector.zero(Vectors.SPECIES);
        FloatVector sum1 = sum0;
        // An end at an address instead of a count: C2 then checks each access where it stands, which is cheaper for
        // rows of some hundred
        // blocks than the many tests that it puts before a counted loop.
        long end = w + (long) I / SIZE * BLOCK_BYTES;
        while (w != end) {
            FloatVector block0 = load(prepared);
            FloatVector block1 = block0;
            FloatVector low = load(x);
            FloatVector high = load(x + HALF_BYTES);
            IntVector pairs0 = unsigned(w + 2);
            IntVector pairs1 = unsigned(w + apart + 2);
            block0 = floats(pairs0.and(15)).fma(low, block0);
            block1 = floats(pairs1.and(15)).fma(low, block1);
            block0 = floats(right(pairs0, 4)).fma(high, block0);
            block1 = floats(right(pairs1, 4)).fma(high, block1);
            if (LANES == 8) {
                low = load(x + BYTES);
                high = load(x + HALF_BYTES + BYTES);
                pairs0 = unsigned(w + 2 + LANES);
                pairs1 = unsigned(w + apart + 2 + LANES);
                block0 = floats(pairs0.and(15)).fma(low, block0);
                block1 = floats(pairs1.and(15)).fma(low, block1);
                block0 = floats(right(pairs0, 4)).fma(high, block0);
                block1 = floats(right(pairs1, 4)).fma(high, block1);
            }
            sum0 = block0.fma(halves(w), sum0);
            sum1 = block1.fma(halves(w + apart), sum1);
            w += BLOCK_BYTES;
            x += SIZE * Float.BYTES;
            prepared += BYTES;
        }
        store(sum0, sums);
        store(sum1, sums + BYTES);
    }

    @Override
    public void fourInputs(long w, long factors, long x, long xRow, long prepared, long preparedRow, int I, long sums) {
        FloatVector sum0 = FloatVector.zero(Vectors.SPECIES);
        FloatVector sum1 = sum0;
        FloatVector sum2 = sum0;
        FloatVector sum3 = sum0;
        for (int b = 0; b < I / SIZE; b++) {
            FloatVector block0 = load(prepared);
            FloatVector block1 = load(prepared + preparedRow);
            FloatVector block2 = load(prepared + 2 * preparedRow);
            FloatVector block3 = load(prepared + 3 * preparedRow);
            for (int i = 0; i < HALF_BYTES; i += BYTES) {
                IntVector pairs = unsigned(w + 2 + i / Float.BYTES);
                FloatVector q = floats(pairs.and(15));
                long at = x + i;
                block0 = q.fma(load(at), block0);
                block1 = q.fma(load(at + xRow), block1);
                block2 = q.fma(load(at + 2 * xRow), block2);
                block3 = q.fma(load(at + 3 * xRow), block3);
                q = floats(right(pairs, 4));
                at += HALF_BYTES;
                block0 = q.fma(load(at), block0);
                block1 = q.fma(load(at + xRow), block1);
                block2 = q.fma(load(at + 2 * xRow), block2);
                block3 = q.fma(load(at + 3 * xRow), block3);
            }
            FloatVector d = halves(w);
            sum0 = block0.fma(d, sum0);
            sum1 = block1.fma(d, sum1);
            sum2 = block2.fma(d, sum2);
            sum3 = block3.fma(d, sum3);
            w += BLOCK_BYTES;
            x += SIZE * Float.BYTES;
            prepared += BYTES;
        }
        store(sum0, sums);
        store(sum1, sums + BYTES);
        store(sum2, sums + 2 * BYTES);
        store(sum3, sums + 3 * BYTES);
    }
}
