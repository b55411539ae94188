package dev.cria.train.metrics;

import java.util.Arrays;

/**
 * A named line of points, in the order of x.
 *
 * @param name for the legend
 * @param xs steps
 * @param ys values; what is not finite is left out of the line
 */
record Series(String name, double[] xs, double[] ys) {
    /** The exponential moving average over about {@code window} points, corrected for its start (as Adam corrects its moments). */
    Series smoothed(String newName, int window) {
        double keep = 1 - 1.0 / Math.max(1, window);
        double[] smooth = new double[ys.length];
        double sum = 0;
        double weight = 0;
        for (int i = 0; i < ys.length; i++) {
            if (Double.isFinite(ys[i])) {
                sum = keep * sum + (1 - keep) * ys[i];
                weight = keep * weight + (1 - keep);
            }
            smooth[i] = weight == 0 ? Double.NaN : sum / weight;
        }
        return new Series(newName, xs, smooth);
    }

    /** At most 2·{@code buckets} points that look the same: the smallest and the largest value of each bucket of neighbours. */
    Series thinned(int buckets) {
        if (xs.length <= 2 * buckets) {
            return this;
        }
        double[] thinX = new double[2 * buckets];
        double[] thinY = new double[2 * buckets];
        for (int b = 0; b < buckets; b++) {
            int from = (int) ((long) xs.length * b / buckets);
            int to = (int) ((long) xs.length * (b + 1) / buckets);
            int low = from;
            int high = from;
            for (int i = from; i < to; i++) {
                // Comparisons with NaN are false, so a NaN never wins over a number that stands before it.
                low = ys[i] < ys[low] || Double.isNaN(ys[low]) ? i : low;
                high = ys[i] > ys[high] || Double.isNaN(ys[high]) ? i : high;
            }
            int first = Math.min(low, high);
            int second = Math.max(low, high);
            thinX[2 * b] = xs[first];
            thinY[2 * b] = ys[first];
            thinX[2 * b + 1] = xs[second];
            thinY[2 * b + 1] = ys[second];
        }
        return new Series(name, thinX, thinY);
    }

    /** Value below which {@code share} of the finite values are. */
    double quantile(double share) {
        double[] sorted = Arrays.stream(ys).filter(Double::isFinite).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : sorted[(int) Math.min(sorted.length - 1, share * sorted.length)];
    }
}
