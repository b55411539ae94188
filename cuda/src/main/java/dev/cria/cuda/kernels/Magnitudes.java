package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;

/**
 * The largest magnitude of what a kernel writes, left block by block ({@code magnitude.cuh}), for whoever asks before the kernel is started: who
 * rounds the output to FP8 next need not read it to know its scale.
 */
public final class Magnitudes {
    private final Cuda cuda;
    private boolean asked;
    private long address;
    private int blocks;

    Magnitudes(Cuda cuda) {
        this.cuda = cuda;
    }

    /** Asks for those of the one output that the next operation is known for. */
    public void ask() {
        asked = true;
        blocks = 0;
    }

    /** Where a kernel of so many blocks leaves them, a word a block; 0 where nobody has asked. */
    long place(long gridBlocks) {
        if (!asked) {
            return 0;
        }
        blocks = Math.toIntExact(gridBlocks);
        address = cuda.scratch("largest magnitudes of outputs", (long) blocks * Integer.BYTES)
                .address();
        return address;
    }

    /** Ends what {@link #ask} began: how many blocks have left theirs at {@link #address}; 0 where the operation's kernel leaves none. */
    public int blocks() {
        asked = false;
        return blocks;
    }

    /** On the device; until the next are asked for. */
    public long address() {
        return address;
    }
}
