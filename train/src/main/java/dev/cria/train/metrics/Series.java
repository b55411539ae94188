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
    /**
     * The mean of two exponential moving averages over about {@code window} points, one from either end: smooth, and not late as one alone
     * would be. Each is corrected for its start, as Adam corrects its moments.
     */
    Series smoothed(String newName, int window) {
        double[] forward = average(ys, window);
        double[] backward = reversed(average(reversed(ys), window));
        double[] smooth = new double[ys.length];
        for (int i = 0; i < ys.length; i++) {
            smooth[i] = (forward[i] + backward[i]) / 2;
        }
        return new Series(newName, xs, smooth);
    }

    private static double[] average(double[] values, int window) {
        double keep = 1 - 1.0 / Math.max(1, window);
        double[] average = new double[values.length];
        double sum = 0;
        double weight = 0;
        for (int i = 0; i < values.length; i++) {
            if (Double.isFinite(values[i])) {
                sum = keep * sum + (1 - keep) * values[i];
                weight = keep * weight + (1 - keep);
            }
            average[i] = weight == 0 ? Double.NaN : sum / weight;
        }
        return average;
    }

    private static double[] reversed(double[] values) {
        double[] reversed = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            reversed[i] = values[values.length - 1 - i];
        }
        return reversed;
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
