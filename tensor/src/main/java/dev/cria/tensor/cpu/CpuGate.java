package dev.cria.tensor.cpu;

import dev.cria.base.UserError;
import dev.cria.tensor.Kernels;
import java.util.List;

/** The one place that chooses kernels for this machine, and says why. */
final class CpuGate implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("dev.cria.tensor.cpu");

    private final Kernels kernels;
    private final List<String> decisions;

    private CpuGate(Kernels kernels, List<String> decisions) {
        this.kernels = kernels;
        this.decisions = List.copyOf(decisions);
    }

    static CpuGate choose(CpuOptions options) {
        if (options.precision() == Precision.BF16) {
            throw new UserError(
                    "matrix products in bf16 need a matrix engine that this build cannot use",
                    "use float32, the default precision");
        }
        List<String> decisions = List.of("kernels: scalar, the reference");
        decisions.forEach(decision -> LOG.log(System.Logger.Level.DEBUG, decision));
        return new CpuGate(new ScalarKernels(), decisions);
    }

    Kernels kernels() {
        return kernels;
    }

    /** One line a choice: what was chosen, why, and what would mend a refusal. */
    List<String> decisions() {
        return decisions;
    }

    @Override
    public void close() {
        // Scalar kernels hold nothing.
    }
}
