package dev.cria.tensor.cpu;

import dev.cria.tensor.Tensor;

/**
 * Where each of N tokens stands among the caches of several sequences; checked.
 *
 * @param slots which cache, -1 for none
 * @param positions where in it
 * @param capacity C, positions that a cache has
 */
record CachePlaces(int[] slots, int[] positions, int capacity) {
    /**
     * Reads the places of tokens in a cache [S, C, K, E].
     *
     * @throws IndexOutOfBoundsException if a slot is none of -1 to S-1, or the position of one is none of 0 to C-1
     */
    static CachePlaces of(Tensor cache, Tensor slots, Tensor positions) {
        int N = slots.size(0);
        CachePlaces places = new CachePlaces(new int[N], new int[N], cache.size(1));
        for (int n = 0; n < N; n++) {
            places.slots[n] = slots.getInt(n);
            places.positions[n] = positions.getInt(n);
            boolean inside = places.positions[n] >= 0 && places.positions[n] < places.capacity;
            if (places.slots[n] < -1 || places.slots[n] >= cache.dim(0) || (places.slots[n] >= 0 && !inside)) {
                throw new IndexOutOfBoundsException("token " + n + " is at position " + places.positions[n]
                        + " of slot " + places.slots[n] + "; the cache is " + cache);
            }
        }
        return places;
    }

    /** N. */
    int count() {
        return slots.length;
    }

    int slot(int n) {
        return slots[n];
    }

    int position(int n) {
        return positions[n];
    }

    /** The cache of token n's sequence, [C, K, E]. */
    Tensor cache(Tensor all, int n) {
        return all.rows(slots[n], slots[n] + 1L).reshape(all.dim(1), all.dim(2), all.dim(3));
    }
}
