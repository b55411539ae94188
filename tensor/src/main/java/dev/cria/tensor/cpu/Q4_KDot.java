package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.BlockVectors.floats;
import static dev.cria.tensor.cpu.BlockVectors.halves;
import static dev.cria.tensor.cpu.BlockVectors.right;
import static dev.cria.tensor.cpu.BlockVectors.unsigned;
import static dev.cria.tensor.cpu.Vectors.BYTES;
import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.load;
import static dev.cria.tensor.cpu.Vectors.splat;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * Q4_K rows times inputs. A group's sum Σ (d·s·q − e·m)·x is d·s·Σ q·x − e·m·Σ x. The factors d·s and e·m of a block's eight groups become
 * sixteen floats, and Σ x is prepared beside eight zeros, so that all minimums of a block are one product of vectors.
 */
final class Q4_KDot implements BlockDot {
    private static final int BLOCK_BYTES = 144;
    private static final int SIZE = 256;
    private static final int GROUPS = 8;
    private static final int GROUP = SIZE / GROUPS;

    /** Factors of a block, or what is prepared for one. */
    private static final int FACTORS = 2 * GROUPS;

    /** Bytes before the nibbles of a block. */
    private static final int HEADER_BYTES = 16;

    private static final int GROUP_BYTES = GROUP * Float.BYTES;

    @Override
    public int preparedFloats(int I) {
        return I / SIZE * FACTORS;
    }

    @Override
    public void prepare(long x, int I, long prepared) {
        for (int g = 0; g < I / GROUP; g++) {
            FloatVector sum = load(x);
            for (int i = LANES; i < GROUP; i += LANES) {
                sum = sum.add(load(x + i * Float.BYTES));
            }
            int at = g / GROUPS * FACTORS + g % GROUPS;
            Native.setFloat(prepared, at, 0);
            Native.setFloat(prepared, at + GROUPS, -LaneSum.of(sum));
            x += GROUP_BYTES;
        }
    }

    @Override
    public int factorFloats(int I) {
        return I / SIZE * FACTORS;
    }

    @Override
    public void unpack(long w, long apart, int I, long factors) {
        long end = w + (long) I / SIZE * BLOCK_BYTES;
        long next = (long) I / SIZE * FACTORS * Float.BYTES;
        while (w != end) {
            long second = w + apart;
            // Bytes are put where their floats will be, in reach of one load, and read before those overwrite them.
            Native.setLong(factors, scales(Native.getInt(w + 4, 0), Native.getInt(w + 12, 0)));
            Native.setLong(factors + GROUPS, minimums(Native.getInt(w + 8, 0), Native.getInt(w + 12, 0)));
            Native.setLong(factors + next, scales(Native.getInt(second + 4, 0), Native.getInt(second + 12, 0)));
            Native.setLong(
                    factors + next + GROUPS, minimums(Native.getInt(second + 8, 0), Native.getInt(second + 12, 0)));
            FloatVector d0 = halves(w);
            FloatVector e0 = halves(w + 2);
            FloatVector d1 = halves(second);
            FloatVector e1 = halves(second + 2);
            if (LANES == FACTORS) {
                VectorMask<Float> upper = Vectors.first(GROUPS).not();
                store(floats(unsigned(factors)).mul(d0.blend(e0, upper)), factors);
                store(floats(unsigned(factors + next)).mul(d1.blend(e1, upper)), factors + next);
            } else {
                FloatVector s0 = floats(unsigned(factors)).mul(d0);
                FloatVector m0 = floats(unsigned(factors + GROUPS)).mul(e0);
                store(s0, factors);
                store(m0, factors + BYTES);
                FloatVector s1 = floats(unsigned(factors + next)).mul(d1);
                FloatVector m1 = floats(unsigned(factors + next + GROUPS)).mul(e1);
                store(s1, factors + next);
                store(m1, factors + next + BYTES);
            }
            w += BLOCK_BYTES;
            factors += FACTORS * Float.BYTES;
        }
    }

    /** The eight scales as bytes, of the first and the last of the three words that hold the packed factors. */
    private static long scales(int first, int third) {
        return first & 0x3f3f3f3fL | (third & 0x0f0f0f0fL | first >>> 2 & 0x30303030L) << 32;
    }

    /** The eight minimums as bytes, of the second and the last word. */
    private static long minimums(int second, int third) {
        return second & 0x3f3f3f3fL | (third >>> 4 & 0x0f0f0f0fL | second >>> 2 & 0x30303030L) << 32;
    }

    @Override
    public void twoRows(long w, long apart, long factors, long x, long prepared, int I, long sums) {
        FloatVector sum0 = FloatVector.zero(Vectors.SPECIES);
        FloatVector sum1 = sum0;
        long factorsRow = (long) I / SIZE * FACTORS * Float.BYTES;
        long end = w + (long) I / SIZE * BLOCK_BYTES;
        while (w != end) {
            for (int i = 0; i < FACTORS * Float.BYTES; i += BYTES) {
                FloatVector v = load(prepared + i);
                sum0 = load(factors + i).fma(v, sum0);
                sum1 = load(factors + factorsRow + i).fma(v, sum1);
            }
            long scales = factors;
            w += HEADER_BYTES;
            long last = w + SIZE / 2;
            while (w != last) {
                FloatVector low0 = FloatVector.zero(Vectors.SPECIES);
                FloatVector low1 = low0;
                FloatVector high0 = low0;
                FloatVector high1 = low0;
                for (int i = 0; i < GROUP; i += LANES) {
                    IntVector pairs0 = unsigned(w + i);
                    IntVector pairs1 = unsigned(w + apart + i);
                    FloatVector low = load(x + i * Float.BYTES);
                    FloatVector high = load(x + GROUP_BYTES + i * Float.BYTES);
                    low0 = floats(pairs0.and(15)).fma(low, low0);
                    low1 = floats(pairs1.and(15)).fma(low, low1);
                    high0 = floats(right(pairs0, 4)).fma(high, high0);
                    high1 = floats(right(pairs1, 4)).fma(high, high1);
                }
                sum0 = low0.fma(splat(Native.getFloat(scales)), sum0);
                sum1 = low1.fma(splat(Native.getFloat(scales + factorsRow)), sum1);
                sum0 = high0.fma(splat(Native.getFloat(scales + Float.BYTES)), sum0);
                sum1 = high1.fma(splat(Native.getFloat(scales + factorsRow + Float.BYTES)), sum1);
                w += GROUP;
                x += 2 * GROUP_BYTES;
                scales += 2 * Float.BYTES;
            }
            factors += FACTORS * Float.BYTES;
            prepared += FACTORS * Float.BYTES;
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
        long end = w + (long) I / SIZE * BLOCK_BYTES;
        while (w != end) {
            for (int i = 0; i < FACTORS * Float.BYTES; i += BYTES) {
                FloatVector v = load(factors + i);
                sum0 = v.fma(load(prepared + i), sum0);
                sum1 = v.fma(load(prepared + preparedRow + i), sum1);
                sum2 = v.fma(load(prepared + 2 * preparedRow + i), sum2);
                sum3 = v.fma(load(prepared + 3 * preparedRow + i), sum3);
            }
            // Low and high nibbles of 32 bytes in turns: eight rounds of one group each.
            w += HEADER_BYTES;
            for (int g = 0; g < GROUPS; g++) {
                FloatVector group0 = FloatVector.zero(Vectors.SPECIES);
                FloatVector group1 = group0;
                FloatVector group2 = group0;
                FloatVector group3 = group0;
                for (int i = 0; i < GROUP; i += LANES) {
                    FloatVector q = floats(right(unsigned(w + i), g % 2 * 4).and(15));
                    long at = x + i * Float.BYTES;
                    group0 = q.fma(load(at), group0);
                    group1 = q.fma(load(at + xRow), group1);
                    group2 = q.fma(load(at + 2 * xRow), group2);
                    group3 = q.fma(load(at + 3 * xRow), group3);
                }
                FloatVector s = splat(Native.getFloat(factors, g));
                sum0 = group0.fma(s, sum0);
                sum1 = group1.fma(s, sum1);
                sum2 = group2.fma(s, sum2);
                sum3 = group3.fma(s, sum3);
                w += g % 2 * GROUP;
                x += GROUP_BYTES;
            }
            factors += FACTORS * Float.BYTES;
            prepared += FACTORS * Float.BYTES;
        }
        store(sum0, sums);
        store(sum1, sums + BYTES);
        store(sum2, sums + 2 * BYTES);
        store(sum3, sums + 3 * BYTES);
    }
}
