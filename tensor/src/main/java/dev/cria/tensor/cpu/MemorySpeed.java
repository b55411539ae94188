package dev.cria.tensor.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** How fast this machine reads memory, which is what bounds decoding: every weight is read for every token. */
public final class MemorySpeed {
    private static final long BYTES = 512L << 20;
    private static final int PIECE = 1 << 20;
    private static final int ROUNDS = 6;

    private MemorySpeed() {}

    /** Bytes a second that so many threads read together: the best of a few passes over more memory than caches hold. */
    public static double readBytesPerSecond(int threads) {
        try (Arena arena = Arena.ofShared();
                WorkerPool pool = new WorkerPool(threads)) {
            MemorySegment memory = AnonymousMemory.allocate(arena, BYTES, Vectors.BYTES);
            float[] sums = new float[(int) (BYTES / PIECE)];
            // Written once, or all pages would be the one page of zeros.
            pool.run(
                    sums.length,
                    piece -> VectorElementwise.fill(memory.address() + (long) piece * PIECE, 1, PIECE / Float.BYTES));
            double best = 0;
            for (int round = 0; round < ROUNDS; round++) {
                long from = System.nanoTime();
                pool.run(sums.length, piece -> sums[piece] = read(memory.address() + (long) piece * PIECE));
                best = Math.max(best, BYTES / ((System.nanoTime() - from) / 1e9));
            }
            return best;
        }
    }

    /** Reads a piece in four streams. */
    private static float read(long from) {
        long stream = PIECE / 4;
        FloatVector a = FloatVector.zero(Vectors.SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        for (long i = 0; i < stream; i += Vectors.BYTES) {
            a = a.add(Vectors.load(from + i));
            b = b.add(Vectors.load(from + stream + i));
            c = c.add(Vectors.load(from + 2 * stream + i));
            d = d.add(Vectors.load(from + 3 * stream + i));
        }
        return LaneSum.of(a.add(b).add(c.add(d)));
    }
}
