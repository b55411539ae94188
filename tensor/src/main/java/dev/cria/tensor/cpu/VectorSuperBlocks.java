package dev.cria.tensor.cpu;

import static dev.cria.tensor.cpu.BlockVectors.floats;
import static dev.cria.tensor.cpu.BlockVectors.half;
import static dev.cria.tensor.cpu.BlockVectors.left;
import static dev.cria.tensor.cpu.BlockVectors.right;
import static dev.cria.tensor.cpu.BlockVectors.unsigned;
import static dev.cria.tensor.cpu.Vectors.LANES;
import static dev.cria.tensor.cpu.Vectors.splat;
import static dev.cria.tensor.cpu.Vectors.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Reading the formats of 256 elements by vectors; see {@link VectorBlocks}. */
final class VectorSuperBlocks {
    private static final int SIZE = 256;
    private static final int GROUP = 32;
    private static final int FACTORS = 4;

    private VectorSuperBlocks() {}

    /** The 6-bit scale of group {@code g}, of the twelve bytes at {@code factors}. */
    static int scale(long factors, int g) {
        return g < 4
                ? Native.getByte(factors + g) & 63
                : Native.getByte(factors + g + 4) & 15 | (Native.getByte(factors + g - 4) & 0xc0) >> 2;
    }

    /** The 6-bit minimum of group {@code g}. */
    static int minimum(long factors, int g) {
        return g < 4
                ? Native.getByte(factors + g + 4) & 63
                : Native.getByte(factors + g + 4) >> 4 & 15 | (Native.getByte(factors + g) & 0xc0) >> 2;
    }

    static void q4(long from, long to, long blocks) {
        for (long b = 0; b < blocks; b++) {
            for (int g = 0; g < SIZE / GROUP; g += 2) {
                nibbles(from, g, from + 16 + g / 2 * GROUP, to + g * GROUP * Float.BYTES);
            }
            from += 144;
            to += SIZE * Float.BYTES;
        }
    }

    private static void nibbles(long block, int g, long pairs, long to) {
        FloatVector s = splat(half(block) * scale(block + FACTORS, g));
        FloatVector t = splat(half(block) * scale(block + FACTORS, g + 1));
        FloatVector m = splat(-half(block + 2) * minimum(block + FACTORS, g));
        FloatVector n = splat(-half(block + 2) * minimum(block + FACTORS, g + 1));
        for (int i = 0; i < GROUP; i += LANES) {
            IntVector pair = unsigned(pairs + i);
            store(floats(pair.and(15)).fma(s, m), to + i * Float.BYTES);
            store(floats(right(pair, 4)).fma(t, n), to + (GROUP + i) * Float.BYTES);
        }
    }

    static void q5(long from, long to, long blocks) {
        for (long b = 0; b < blocks; b++) {
            for (int g = 0; g < SIZE / GROUP; g++) {
                FloatVector s = splat(half(from) * scale(from + FACTORS, g));
                FloatVector m = splat(-half(from + 2) * minimum(from + FACTORS, g));
                long pairs = from + 48 + g / 2 * GROUP;
                int shift = g % 2 * 4;
                for (int i = 0; i < GROUP; i += LANES) {
                    IntVector low = right(unsigned(pairs + i), shift).and(15);
                    IntVector fifth = left(right(unsigned(from + 16 + i), g).and(1), 4);
                    store(floats(low.or(fifth)).fma(s, m), to + (g * GROUP + i) * Float.BYTES);
                }
            }
            from += 176;
            to += SIZE * Float.BYTES;
        }
    }

    static void q6(long from, long to, long blocks) {
        for (long b = 0; b < blocks; b++) {
            float d = half(from + 208);
            for (int row = 0; row < SIZE / GROUP; row++) {
                long nibbles = from + row / 4 * 64 + row % 2 * GROUP;
                long pairs = from + 128 + row / 4 * GROUP;
                for (int i = 0; i < GROUP; i += LANES) {
                    FloatVector s = splat(d * Native.getByte(from + 192 + row * 2 + i / 16));
                    IntVector low =
                            right(unsigned(nibbles + i), row % 4 / 2 * 4).and(15);
                    IntVector high =
                            left(right(unsigned(pairs + i), row % 4 * 2).and(3), 4);
                    store(floats(low.or(high).sub(32)).mul(s), to + (row * GROUP + i) * Float.BYTES);
                }
            }
            from += 210;
            to += SIZE * Float.BYTES;
        }
    }
}
