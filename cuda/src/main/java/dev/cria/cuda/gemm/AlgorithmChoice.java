package dev.cria.cuda.gemm;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.cria.cuda.compile.DiskCache;
import dev.cria.cuda.driver.CudaException;
import dev.cria.cuda.driver.Event;
import dev.cria.cuda.launch.Cuda;
import dev.cria.cuda.memory.DeviceMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntSupplier;

/**
 * Chooses the algorithm of a product: the fastest of those that cuBLASLt thinks likely, tried on the real operands when a shape comes first. The
 * choice is kept on disk, because another algorithm may sum in another order: a run that is resumed must find the one it had. Only algorithms that
 * sum in a fixed order are asked for: of those that split K, the ones that keep partial sums in float32 and add them up in a second step.
 */
final class AlgorithmChoice {
    static final long WORKSPACE_BYTES = 64L << 20;

    private static final System.Logger LOG = System.getLogger(AlgorithmChoice.class.getName());
    private static final int CANDIDATES = 8;
    private static final int REPETITIONS = 3;
    /** Starts a product by the plan's present algorithm, its result to go to an address, and returns the status. */
    @FunctionalInterface
    interface Trial {
        int start(long result);
    }

    private final Cuda cuda;
    private final CublasLt library;
    private final long handle;
    private final DiskCache disk;
    private final boolean timing;

    AlgorithmChoice(Cuda cuda, CublasLt library, long handle, boolean timing) {
        this.cuda = cuda;
        this.library = library;
        this.handle = handle;
        this.disk = cuda.compiler().cache();
        this.timing = timing;
    }

    /**
     * Gives a plan its algorithm.
     *
     * @param result where a trial's result does no harm; empty where it would
     * @param resultBytes what must then be found elsewhere; where there is not so much, nothing is tried
     * @throws CudaException if cuBLASLt has none for the shape
     */
    void choose(GemmPlan plan, OptionalLong result, long resultBytes, Trial trial) {
        if (!timing) {
            chooseFirst(plan);
        } else if (result.isPresent()) {
            chooseFastest(plan, result.getAsLong(), trial);
        } else {
            Optional<DeviceMemory.Block> elsewhere = cuda.memory().tryAllocate(resultBytes);
            elsewhere.ifPresentOrElse(block -> chooseFastest(plan, block.address(), trial), () -> chooseFirst(plan));
            elsewhere.ifPresent(cuda.memory()::free);
        }
    }

    private void chooseFirst(GemmPlan plan) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment results = arena.allocate(CublasLt.RESULT_BYTES, Long.BYTES);
            candidates(plan, 1, results);
            plan.use(results);
        }
    }

    private void chooseFastest(GemmPlan plan, long result, Trial trial) {
        Optional<byte[]> known = disk.find(key(plan));
        if (known.isPresent() && known.get().length == CublasLt.RESULT_BYTES) {
            plan.use(MemorySegment.ofArray(known.get()));
            if (trial.start(result) == CudaException.SUCCESS) {
                return;
            }
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment results = arena.allocate(CANDIDATES * CublasLt.RESULT_BYTES, Long.BYTES);
            int count = candidates(plan, CANDIDATES, results);
            MemorySegment best = fastest(plan, () -> trial.start(result), results, count);
            disk.store(key(plan), best.toArray(JAVA_BYTE));
            plan.use(best);
        }
    }

    private int candidates(GemmPlan plan, int wanted, MemorySegment results) {
        GemmShape shape = plan.shape();
        long preference = library.preference();
        try {
            library.prefer(preference, CublasLt.MAX_WORKSPACE_BYTES, WORKSPACE_BYTES);
            library.prefer(preference, CublasLt.REDUCTION_SCHEME_MASK, CublasLt.REDUCTION_IN_COMPUTE_TYPE);
            // cuBLASLt's A is our B, and the other way round.
            library.prefer(preference, CublasLt.ALIGNMENT_A, shape.alignmentB());
            library.prefer(preference, CublasLt.ALIGNMENT_B, shape.alignmentA());
            library.prefer(preference, CublasLt.ALIGNMENT_C, shape.alignmentC());
            library.prefer(preference, CublasLt.ALIGNMENT_D, shape.alignmentC());
            int count = plan.candidates(handle, preference, wanted, results);
            int usable = 0;
            for (int i = 0; i < count; i++) {
                if (result(results, i).get(JAVA_INT, CublasLt.RESULT_STATE) == CudaException.SUCCESS) {
                    result(results, usable++).copyFrom(result(results, i));
                }
            }
            if (usable == 0) {
                throw CudaException.other("cuBLASLt has no algorithm for " + shape, 0);
            }
            return usable;
        } finally {
            library.destroy("cublasLtMatmulPreferenceDestroy", preference);
        }
    }

    private MemorySegment fastest(GemmPlan plan, IntSupplier trial, MemorySegment results, int count) {
        MemorySegment best = result(results, 0);
        float least = Float.POSITIVE_INFINITY;
        try (Event start = cuda.timer();
                Event end = cuda.timer()) {
            for (int i = 0; i < count; i++) {
                plan.use(result(results, i));
                float milliseconds = time(trial, start, end);
                if (milliseconds < least) {
                    least = milliseconds;
                    best = result(results, i);
                }
            }
        }
        LOG.log(System.Logger.Level.DEBUG, "{0}: {1} ms, the best of {2}", plan.shape(), least, count);
        return best;
    }

    /** The shortest of some runs after one that warms up; infinite for an algorithm that does not run after all. */
    private float time(IntSupplier trial, Event start, Event end) {
        if (trial.getAsInt() != CudaException.SUCCESS) {
            return Float.POSITIVE_INFINITY;
        }
        float least = Float.POSITIVE_INFINITY;
        for (int i = 0; i < REPETITIONS; i++) {
            start.record(cuda.stream());
            if (trial.getAsInt() != CudaException.SUCCESS) {
                return Float.POSITIVE_INFINITY;
            }
            end.record(cuda.stream());
            end.synchronize();
            least = Math.min(least, end.millisecondsSince(start));
        }
        return least;
    }

    private String key(GemmPlan plan) {
        return DiskCache.key(List.of(
                "cublasLtMatmul",
                cuda.card().name(),
                String.valueOf(library.version()),
                String.valueOf(WORKSPACE_BYTES),
                plan.shape().toString()));
    }

    private static MemorySegment result(MemorySegment results, int index) {
        return results.asSlice(index * CublasLt.RESULT_BYTES, CublasLt.RESULT_BYTES);
    }
}
