package dev.cria.tensor.cpu;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.Arena;

/** Tensors in native memory of this process, readable from every thread, freed together. */
final class OffHeapWorkspace implements Workspace {
    /** A cache line, and the widest vector. */
    private static final long ALIGNMENT = 64;

    private final Arena arena = Arena.ofShared();
    private long allocatedBytes;

    @Override
    public Tensor allocate(DType dtype, long... dims) {
        long elements = 1;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative dimension " + dim);
            }
            elements = Math.multiplyExact(elements, dim);
        }
        long bytes = dtype.bytes(elements);
        Tensor tensor = Tensor.of(dtype, AnonymousMemory.allocate(arena, bytes, ALIGNMENT), dims);
        allocatedBytes += bytes;
        return tensor;
    }

    @Override
    public long allocatedBytes() {
        return allocatedBytes;
    }

    /**
     * Frees the memory; a second call does nothing.
     *
     * @throws IllegalStateException if a kernel of another thread is using it
     */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
