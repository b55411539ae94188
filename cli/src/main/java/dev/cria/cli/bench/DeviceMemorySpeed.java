package dev.cria.cli.bench;

import dev.cria.tensor.DType;
import dev.cria.tensor.Device;
import dev.cria.tensor.Tensor;
import dev.cria.tensor.Workspace;

/** How fast a device's own memory is read and written by its kernels: what writing text is held against. */
public final class DeviceMemorySpeed {
    private static final long ELEMENTS = 64L << 20;
    private static final int REPETITIONS = 20;

    private DeviceMemorySpeed() {}

    /** Bytes a second, the best of some passes over 256 MB: each is read once and written once. */
    public static double bytesPerSecond(Device device) {
        try (Workspace workspace = device.workspace()) {
            Tensor x = workspace.allocate(DType.F32, ELEMENTS);
            device.kernels().scale(x, 1);
            device.synchronize();
            double best = Double.MAX_VALUE;
            for (int i = 0; i < REPETITIONS; i++) {
                long start = System.nanoTime();
                device.kernels().scale(x, 1);
                device.synchronize();
                best = Math.min(best, (System.nanoTime() - start) / 1e9);
            }
            return 2.0 * x.byteSize() / best;
        }
    }
}
