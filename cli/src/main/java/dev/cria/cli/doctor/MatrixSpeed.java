package dev.cria.cli.doctor;

import dev.cria.base.UserError;
import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;
import dev.cria.tensor.cpu.CpuDevice;
import dev.cria.tensor.cpu.CpuOptions;
import dev.cria.tensor.cpu.Precision;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Opens the CPU device in each precision, says what was decided, and times its matrix product for a moment. */
public final class MatrixSpeed {
    private static final int ROWS = 1024;
    private static final int WIDTH = 1024;
    private static final double SECONDS = 0.4;

    private MatrixSpeed() {}

    /** The decisions of the device, and a measured speed for each of its precisions that it executes. */
    public static List<Check> run(CpuOptions options) {
        List<Check> checks = new ArrayList<>();
        boolean first = true;
        for (Precision precision : List.of(Precision.F32, Precision.BF16)) {
            String name = "matrix " + precision.name().toLowerCase(Locale.ROOT);
            try (Device device = CpuDevice.open(options.withPrecision(precision))) {
                if (first) {
                    device.decisions().forEach(decision -> checks.add(check(decision)));
                }
                double flops = measure(device);
                checks.add(Check.ok(
                        name,
                        String.format(Locale.ROOT, "%.0f GFLOP/s on %d threads", flops / 1e9, options.threads())));
            } catch (UserError e) {
                checks.add(Check.note(name, e.what(), e.hint()));
            }
            first = false;
        }
        return List.copyOf(checks);
    }

    /** A decision of the device; where it does without something, what would mend that is the hint. */
    private static Check check(String decision) {
        int mend = decision.lastIndexOf("; ");
        if (!decision.contains(": not used, because ") || mend < 0) {
            return Check.ok("decision", decision);
        }
        String value = decision.substring(0, mend);
        String hint = decision.substring(mend + 2);
        return decision.startsWith("vector kernels")
                ? Check.bad("decision", value, hint)
                : Check.note("decision", value, hint);
    }

    /** Floating point operations a second of y[N,O] = x[N,I] · w[O,I]ᵀ with N = I = O = 1024. */
    private static double measure(Device device) {
        try (Workspace workspace = device.workspace()) {
            Tensor x = workspace.allocate(DType.F32, ROWS, WIDTH);
            Tensor w = workspace.allocate(DType.F32, WIDTH, WIDTH);
            Tensor y = workspace.allocate(DType.F32, ROWS, WIDTH);
            long begin = System.nanoTime();
            double best = 0;
            while (System.nanoTime() - begin < SECONDS * 1e9) {
                long from = System.nanoTime();
                device.kernels().linear(y, x, w, false);
                device.synchronize();
                best = Math.max(best, 2.0 * ROWS * WIDTH * WIDTH / ((System.nanoTime() - from) / 1e9));
            }
            return best;
        }
    }
}
