package dev.cria.data;

/**
 * A keyed permutation of 0..n-1 that is computed, not stored: O(1) time and memory for any index. A balanced Feistel network over the
 * smallest even number of bits that holds n, with cycle walking back into the range (Black and Rogaway, "Ciphers with Arbitrary Finite
 * Domains", 2002). Shuffles well; it is no secret-keeping cipher.
 */
public final class IndexPermutation {
    private static final int ROUNDS = 8;

    private final long size;
    private final int halfBits;
    private final long halfMask;
    private final long[] roundKeys = new long[ROUNDS];

    /**
     * @param size n, at least 1
     * @param seed the key's first half: the run
     * @param tweak the key's second half: the epoch or block
     */
    public IndexPermutation(long size, long seed, long tweak) {
        if (size < 1) {
            throw new IllegalArgumentException("a permutation needs at least one element: " + size);
        }
        this.size = size;
        int bits = Math.max(2, 64 - Long.numberOfLeadingZeros(size - 1));
        this.halfBits = (bits + 1) / 2;
        this.halfMask = (1L << halfBits) - 1;
        long key = mix(mix(seed) + tweak);
        for (int i = 0; i < ROUNDS; i++) {
            key += 0x9E3779B97F4A7C15L;
            roundKeys[i] = mix(key);
        }
    }

    /** Where index {@code i} of 0..n-1 goes. */
    public long apply(long i) {
        if (i < 0 || i >= size) {
            throw new IndexOutOfBoundsException("index " + i + " of " + size);
        }
        // The network's domain is at most 4n, so a walk takes 4 steps on average at worst; it ends, since the cycle
        // holds i itself.
        long x = i;
        do {
            x = network(x);
        } while (x >= size);
        return x;
    }

    private long network(long x) {
        long left = x >>> halfBits;
        long right = x & halfMask;
        for (long key : roundKeys) {
            long next = left ^ (mix(right + key) & halfMask);
            left = right;
            right = next;
        }
        return left << halfBits | right;
    }

    /** The finaliser of SplitMix64 (Steele, Lea and Flood, 2014): every input bit moves every output bit. */
    static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }
}
