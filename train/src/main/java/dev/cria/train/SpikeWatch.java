package dev.cria.train;

import java.util.Arrays;

/**
 * Tells a loss spike from noise: a loss more than a threshold (nats) over the median of the last losses that were trained on. A median is
 * not moved by the spike itself. The window is part of a checkpoint, so that a resumed run takes the same decisions.
 */
final class SpikeWatch {
    /** Losses remembered. */
    static final int WINDOW = 64;

    /** Losses needed before anything is called a spike. */
    static final int MINIMUM = 16;

    private final double threshold;
    private final double[] ring = new double[WINDOW];
    private long count;

    /** @param threshold nats over the median; 0 never calls anything a spike */
    SpikeWatch(double threshold) {
        this.threshold = threshold;
    }

    boolean isSpike(double loss) {
        return threshold > 0 && count >= MINIMUM && loss > median() + threshold;
    }

    /** Remembers a loss that was trained on. */
    void accept(double loss) {
        ring[(int) (count++ % WINDOW)] = loss;
    }

    /** Median of the remembered losses (the lower one of two); NaN where there are none. */
    double median() {
        double[] sorted = window();
        Arrays.sort(sorted);
        return sorted.length == 0 ? Double.NaN : sorted[(sorted.length - 1) / 2];
    }

    /** The remembered losses, oldest first. */
    double[] window() {
        int length = (int) Math.min(count, WINDOW);
        double[] window = new double[length];
        for (int i = 0; i < length; i++) {
            window[i] = ring[(int) ((count - length + i) % WINDOW)];
        }
        return window;
    }

    /** Starts again from a saved window. */
    void restore(double[] window) {
        count = 0;
        for (double loss : window) {
            accept(loss);
        }
    }
}
