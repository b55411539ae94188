package dev.cria.cuda.launch;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.cria.cuda.compile.KernelSignature;
import dev.cria.cuda.compile.KernelSignature.Kind;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The arguments of one launch, in the order of the kernel's parameters. Each kernel has one such object and every {@link CudaKernel#call} begins it
 * anew, so that a launch allocates nothing; finish one call of a kernel before the next.
 */
public final class KernelCall {
    private final CudaKernel kernel;
    private final KernelSignature signature;
    /** The values, eight bytes each, and behind them the address of each: what the driver reads. */
    private final MemorySegment values;

    private final long pointers;
    private int count;

    KernelCall(CudaKernel kernel, KernelSignature signature) {
        this.kernel = kernel;
        this.signature = signature;
        int parameters = Math.max(1, signature.count());
        long bytes = parameters * JAVA_LONG.byteSize();
        this.values = Arena.ofAuto().allocate(2 * bytes, JAVA_LONG.byteAlignment());
        this.pointers = values.address() + bytes;
        for (int i = 0; i < parameters; i++) {
            values.setAtIndex(JAVA_LONG, (long) parameters + i, values.address() + i * JAVA_LONG.byteSize());
        }
    }

    KernelCall begin() {
        count = 0;
        return this;
    }

    /** The address of a tensor in device memory. */
    public KernelCall tensor(Tensor tensor) {
        return pointer(tensor.data().address());
    }

    /** The address of scratch memory. */
    public KernelCall scratch(Scratch scratch) {
        return pointer(scratch.address());
    }

    /** A device address; 0 for none. */
    public KernelCall pointer(long address) {
        values.set(JAVA_LONG, offset(Kind.POINTER), address);
        return this;
    }

    public KernelCall int32(int value) {
        values.set(JAVA_INT, offset(Kind.INT32), value);
        return this;
    }

    /**
     * The same for a size that is known to fit.
     *
     * @throws ArithmeticException if it does not
     */
    public KernelCall int32(long value) {
        return int32(Math.toIntExact(value));
    }

    public KernelCall int64(long value) {
        values.set(JAVA_LONG, offset(Kind.INT64), value);
        return this;
    }

    public KernelCall float32(float value) {
        values.set(JAVA_FLOAT, offset(Kind.FLOAT32), value);
        return this;
    }

    public KernelCall float64(double value) {
        values.set(JAVA_DOUBLE, offset(Kind.FLOAT64), value);
        return this;
    }

    private long offset(Kind kind) {
        signature.require(count, kind);
        return JAVA_LONG.byteSize() * count++;
    }

    /**
     * Starts the kernel behind what was started before and returns at once. Where a dimension of the grid is 0 nothing is started.
     *
     * @param sharedBytes dynamic shared memory of a block
     * @throws IllegalArgumentException if arguments are missing
     */
    public void launch(long gridX, int gridY, int gridZ, int blockX, int sharedBytes) {
        signature.requireCount(count);
        if (gridX != 0 && gridY != 0 && gridZ != 0) {
            kernel.launch(Math.toIntExact(gridX), gridY, gridZ, blockX, sharedBytes, pointers);
        }
    }

    /** The same on a line of blocks, without shared memory. */
    public void launch(long gridX, int blockX) {
        launch(gridX, 1, 1, blockX, 0);
    }
}
