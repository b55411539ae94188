package dev.cria.train;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Kernels;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;

/**
 * Measures the fastest matrix product of a device on its activations' type, in FLOP/s: what a share of peak is a share of. A CPU has no data sheet number that its
 * clock holds under load, so the ceiling is what its own GEMM reaches on a comfortable shape, for a quarter of a second.
 */
final class PeakMeter {
    private static final double SECONDS = 0.25;
    private static final int SMALL = 128;
    private static final int LARGE = 1024;
    private static final int HUGE = 8192;

    /** From this speed on (FLOP/s) the small product ends too soon to be timed. */
    private static final double FAST = 5e9;

    /** From this speed on the large one does: a GPU is filled by more. */
    private static final double FASTER = 5e12;

    private PeakMeter() {}

    static double measure(Device device) {
        double small = measure(device, SMALL, SECONDS / 10);
        if (small < FAST) {
            return small;
        }
        double large = Math.max(small, measure(device, LARGE, SECONDS));
        return large < FASTER ? large : Math.max(large, measure(device, HUGE, SECONDS));
    }

    private static double measure(Device device, int size, double seconds) {
        Kernels kernels = device.kernels();
        try (Workspace workspace = device.workspace()) {
            DType type = device.activationType();
            Tensor x = workspace.allocate(type, size, size);
            Tensor w = workspace.allocate(type, size, size);
            Tensor y = workspace.allocate(type, size, size);
            kernels.fill(x, 1);
            kernels.fill(w, 1);
            kernels.linear(y, x, w, false);
            device.synchronize();
            double best = Double.MAX_VALUE;
            long begin = System.nanoTime();
            do {
                long start = System.nanoTime();
                kernels.linear(y, x, w, false);
                device.synchronize();
                best = Math.min(best, (System.nanoTime() - start) / 1e9);
            } while ((System.nanoTime() - begin) / 1e9 < seconds);
            return 2.0 * size * size * size / best;
        }
    }
}
