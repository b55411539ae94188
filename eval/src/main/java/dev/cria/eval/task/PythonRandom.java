package dev.cria.eval.task;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Python's {@code random.Random(seed)}: the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998), seeded as CPython does, and
 * {@code sample} as CPython 3.9 and later draw it. The reference harness chooses its examples by it.
 */
final class PythonRandom {
    private static final int N = 624;
    private static final int M = 397;
    private static final int UPPER = 0x80000000;
    private static final int LOWER = 0x7FFFFFFF;

    private final int[] state = new int[N];
    private int index = N;

    /** @param seed at least 0; Python takes the absolute value of others */
    PythonRandom(long seed) {
        long magnitude = Math.abs(seed);
        int high = (int) (magnitude >>> 32);
        seed(high == 0 ? new int[] {(int) magnitude} : new int[] {(int) magnitude, high});
    }

    /** {@code init_by_array}. */
    private void seed(int[] key) {
        state[0] = 19650218;
        for (int i = 1; i < N; i++) {
            state[i] = 1812433253 * (state[i - 1] ^ (state[i - 1] >>> 30)) + i;
        }
        int i = 1;
        int j = 0;
        for (int k = Math.max(N, key.length); k > 0; k--) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1664525)) + key[j] + j;
            i++;
            j = (j + 1) % key.length;
            if (i == N) {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        for (int k = N - 1; k > 0; k--) {
            state[i] = (state[i] ^ ((state[i - 1] ^ (state[i - 1] >>> 30)) * 1566083941)) - i;
            i++;
            if (i == N) {
                state[0] = state[N - 1];
                i = 1;
            }
        }
        state[0] = UPPER;
    }

    /** The next 32 bits. */
    private int next() {
        if (index == N) {
            for (int k = 0; k < N; k++) {
                int y = (state[k] & UPPER) | (state[(k + 1) % N] & LOWER);
                state[k] = state[(k + M) % N] ^ (y >>> 1) ^ ((y & 1) == 0 ? 0 : 0x9908B0DF);
            }
            index = 0;
        }
        int y = state[index++];
        y ^= y >>> 11;
        y ^= (y << 7) & 0x9D2C5680;
        y ^= (y << 15) & 0xEFC60000;
        return y ^ (y >>> 18);
    }

    /** A whole number below {@code bound}, at least 1: as many bits as the bound has, drawn again while they are too many. */
    int below(int bound) {
        int bits = Integer.SIZE - Integer.numberOfLeadingZeros(bound);
        while (true) {
            int drawn = next() >>> (Integer.SIZE - bits);
            if (drawn < bound) {
                return drawn;
            }
        }
    }

    /**
     * {@code sample(range(population), count)}: different numbers below {@code population}, in the order drawn. Small populations are a
     * pool from which drawn ones are taken; large ones remember what was drawn.
     *
     * @throws IllegalArgumentException where the population is smaller than the sample
     */
    List<Integer> sample(int population, int count) {
        if (count < 0 || count > population) {
            throw new IllegalArgumentException("a sample of " + count + " from " + population);
        }
        List<Integer> drawn = new ArrayList<>(count);
        if (population <= poolSize(count)) {
            int[] pool = new int[population];
            for (int i = 0; i < population; i++) {
                pool[i] = i;
            }
            for (int i = 0; i < count; i++) {
                int at = below(population - i);
                drawn.add(pool[at]);
                pool[at] = pool[population - i - 1];
            }
            return drawn;
        }
        Set<Integer> seen = new HashSet<>();
        while (drawn.size() < count) {
            int candidate = below(population);
            if (seen.add(candidate)) {
                drawn.add(candidate);
            }
        }
        return drawn;
    }

    /** Up to which population a pool is used: 21, and beyond samples of 5 the power of 4 from 3·count up, more. */
    private static long poolSize(int count) {
        if (count <= 5) {
            return 21;
        }
        return 21 + (long) Math.pow(4, Math.ceil(Math.log(3.0 * count) / Math.log(4)));
    }
}
