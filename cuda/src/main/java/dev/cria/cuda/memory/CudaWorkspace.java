package dev.cria.cuda.memory;

import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Tensors in the GPU's memory. Their segments have device addresses: kernels read them, Java must not. */
public final class CudaWorkspace implements Workspace {
    private final DeviceMemory memory;
    private final Runnable makeCurrent;
    private final Arena arena = Arena.ofShared();
    private final List<DeviceMemory.Block> blocks = new ArrayList<>();
    private long allocatedBytes;

    /** @param makeCurrent makes the GPU's context that of the calling thread */
    public CudaWorkspace(DeviceMemory memory, Runnable makeCurrent) {
        this.memory = memory;
        this.makeCurrent = makeCurrent;
    }

    /** Errors as {@link DeviceMemory#allocate}. */
    @Override
    public Tensor allocate(DType dtype, long... dims) {
        long bytes = dtype.bytes(elements(dims));
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("allocating from a workspace that is closed");
        }
        makeCurrent.run();
        DeviceMemory.Block block = memory.allocate(bytes);
        blocks.add(block);
        memory.zero(block, bytes);
        allocatedBytes += bytes;
        return Tensor.of(dtype, MemorySegment.ofAddress(block.address()).reinterpret(bytes, arena, null), dims);
    }

    private static long elements(long... dims) {
        long elements = 1;
        for (long dim : dims) {
            if (dim < 0) {
                throw new IllegalArgumentException("negative dimension " + dim);
            }
            elements = Math.multiplyExact(elements, dim);
        }
        return elements;
    }

    @Override
    public long allocatedBytes() {
        return allocatedBytes;
    }

    /** Gives the memory back; a second call does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
            blocks.forEach(memory::free);
            blocks.clear();
        }
    }
}
