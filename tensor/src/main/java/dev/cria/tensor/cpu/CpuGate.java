package dev.cria.tensor.cpu;

import dev.cria.base.UserError;
import dev.cria.tensor.Kernels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The one place that chooses kernels for this machine, and says why: every choice and refusal is a line with its reason and its mend. */
final class CpuGate implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.cria.tensor.cpu");

    private final List<String> decisions = new ArrayList<>();
    private final Optional<WorkerPool> pool;
    private final Kernels kernels;

    private CpuGate(CpuOptions options) {
        Tier tier = tier(options);
        if (tier == Tier.SCALAR) {
            refuseBFloat16(options, "the scalar kernels compute in float32 only");
            decide("kernels: scalar on one thread, the reference");
            pool = Optional.empty();
            kernels = new ScalarKernels();
            return;
        }
        decide("kernels: Vector API, " + Vectors.SPECIES.vectorBitSize() + "-bit vectors, " + options.threads()
                + (options.threads() == 1 ? " thread" : " threads"));
        Gemm small = new VectorGemm();
        Gemm large = matrixProducts(options, tier, small);
        decide("matrix products: " + large.name() + " in linear layers, " + small.name() + " in attention");
        WorkerPool workers = new WorkerPool(options.threads());
        pool = Optional.of(workers);
        kernels = new VectorKernels(workers, large, small);
    }

    /**
     * Chooses kernels.
     *
     * @throws UserError if the options ask for what this machine cannot execute
     */
    static CpuGate choose(CpuOptions options) {
        return new CpuGate(options);
    }

    private Tier tier(CpuOptions options) {
        if (options.maximumTier() == Tier.SCALAR) {
            decide("vector kernels: not used, because the highest tier is set to scalar; unset "
                    + CpuOptions.TIER_VARIABLE + " to use them");
            return Tier.SCALAR;
        }
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
            decide(
                    "vector kernels: not used, because the module jdk.incubator.vector is not in this process; start java"
                            + " with --add-modules jdk.incubator.vector to use them");
            return Tier.SCALAR;
        }
        return options.maximumTier();
    }

    /** The leaf for linear layers. */
    private Gemm matrixProducts(CpuOptions options, Tier tier, Gemm vector) {
        if (tier == Tier.VECTOR) {
            refuseBFloat16(options, "native matrix products are switched off");
            decide("native matrix products: not used, because the highest tier is set to vector; unset "
                    + CpuOptions.TIER_VARIABLE + " to use them");
            return vector;
        }
        refuseBFloat16(options, "no matrix engine was found");
        return vector;
    }

    private static void refuseBFloat16(CpuOptions options, String reason) {
        if (options.precision() == Precision.BF16) {
            throw new UserError(
                    "matrix products in bf16 cannot run on this CPU device: " + reason,
                    "use float32, which is the default precision");
        }
    }

    private void decide(String decision) {
        decisions.add(decision);
        LOG.log(System.Logger.Level.DEBUG, decision);
    }

    Kernels kernels() {
        return kernels;
    }

    /** One line a choice: what was chosen, why, and what would mend a refusal. */
    List<String> decisions() {
        return List.copyOf(decisions);
    }

    @Override
    public void close() {
        pool.ifPresent(WorkerPool::close);
    }
}
