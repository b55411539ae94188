package dev.cria.cuda.kernels;

import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.launch.KernelModule;
import dev.cria.cuda.memory.Scratch;
import dev.cria.tensor.DType;
import dev.cria.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Sums in double precision that the host gets, and so waits for: {@code reduce.cu}. */
final class ReductionKernels {
    /** Elements that are worth a block, and the most blocks. */
    private static final long SHARE = 4096;

    private static final int MOST_BLOCKS = 1024;

    private final Cuda cuda;

    ReductionKernels(Cuda cuda) {
        this.cuda = cuda;
    }

    /** See {@link dev.cria.tensor.Kernels#sum}. */
    double sum(Tensor x) {
        return reduce("sum", x);
    }

    /** See {@link dev.cria.tensor.Kernels#sumOfSquares}. */
    double sumOfSquares(Tensor x) {
        return reduce("sum_of_squares", x);
    }

    private double reduce(String kernel, Tensor x) {
        if (x.elements() == 0) {
            return 0;
        }
        int blocks = (int) Math.min(Math.ceilDiv(x.elements(), SHARE), MOST_BLOCKS);
        Scratch sums = cuda.scratch("sums of blocks", (blocks + 1L) * Double.BYTES);
        long partials = sums.address() + Double.BYTES;
        KernelModule module = cuda.modules().of("reduce", DType.F32);
        module.kernel(kernel)
                .call()
                .pointer(partials)
                .tensor(x)
                .int64(x.elements())
                .int32(Launches.flag(Launches.aligned(x)))
                .launch(blocks, Launches.THREADS);
        module.kernel("sum_partials")
                .call()
                .scratch(sums)
                .pointer(partials)
                .int32(blocks)
                .launch(1, Launches.THREADS);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment total = arena.allocate(ValueLayout.JAVA_DOUBLE);
            cuda.download(sums.address(), total);
            return total.get(ValueLayout.JAVA_DOUBLE, 0);
        }
    }
}
