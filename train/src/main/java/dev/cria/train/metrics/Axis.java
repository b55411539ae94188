package dev.cria.train.metrics;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;

/**
 * From values to a position along an axis, with ticks at round numbers.
 *
 * @param minimum value at position 0
 * @param maximum value at position 1
 * @param logarithmic equal ratios, rather than equal differences, are equally far apart
 */
record Axis(double minimum, double maximum, boolean logarithmic) {
    /** Ratio of largest to smallest value from which a logarithmic axis shows more. */
    private static final double LOGARITHMIC_FROM = 4;

    /** An axis that shows all values with a little air; logarithmic where they span more than a factor of four, if {@code mayBeLogarithmic}. */
    static Axis around(double[] values, boolean fromZero, boolean mayBeLogarithmic) {
        double low = Double.POSITIVE_INFINITY;
        double high = Double.NEGATIVE_INFINITY;
        for (double value : values) {
            if (Double.isFinite(value)) {
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        if (low > high) {
            return new Axis(0, 1, false);
        }
        if (mayBeLogarithmic && low > 0 && high / low >= LOGARITHMIC_FROM) {
            double air = Math.pow(high / low, 0.04);
            return new Axis(low / air, high * air, true);
        }
        double air = high > low ? (high - low) * 0.05 : Math.max(Math.abs(high) * 0.05, 1e-9);
        return new Axis(fromZero ? Math.min(0, low) : low - air, high + air, false);
    }

    /** Position of a value: 0 at the minimum, 1 at the maximum. */
    double position(double value) {
        return logarithmic
                ? Math.log(value / minimum) / Math.log(maximum / minimum)
                : (value - minimum) / (maximum - minimum);
    }

    /** Round values inside the axis, about {@code wanted} of them. */
    List<Double> ticks(int wanted) {
        List<Double> ticks = new ArrayList<>();
        if (logarithmic && maximum / minimum > 2.5) {
            double[] steps = maximum / minimum > 100
                    ? new double[] {1}
                    : maximum / minimum > 8 ? new double[] {1, 2, 5} : new double[] {1, 1.5, 2, 3, 4, 5, 6, 8};
            for (int power = (int) Math.floor(Math.log10(minimum)); power <= Math.log10(maximum); power++) {
                for (double step : steps) {
                    double tick = step * Math.pow(10, power);
                    if (tick >= minimum && tick <= maximum) {
                        ticks.add(tick);
                    }
                }
            }
            return ticks;
        }
        double rough = (maximum - minimum) / Math.max(1, wanted);
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        double step = power * (rough / power <= 1 ? 1 : rough / power <= 2 ? 2 : rough / power <= 5 ? 5 : 10);
        for (long i = (long) Math.ceil(minimum / step - 1e-9); i * step <= maximum * (1 + 1e-12); i++) {
            ticks.add(i * step);
        }
        return ticks;
    }

    /** A tick as people write it: {@code 4e-4}, {@code 0.25}, {@code 12k}, {@code 1.5M}. */
    static String label(double value) {
        double size = Math.abs(value);
        if (size < 1e-12) {
            return "0";
        }
        if (size < 1e-2) {
            int power = (int) Math.floor(Math.log10(size) + 1e-9);
            return plain(value / Math.pow(10, power)) + "e" + power;
        }
        return size >= 1e12
                ? plain(value / 1e12) + "T"
                : size >= 1e9
                        ? plain(value / 1e9) + "B"
                        : size >= 1e6
                                ? plain(value / 1e6) + "M"
                                : size >= 1e4 ? plain(value / 1e3) + "k" : plain(value);
    }

    private static String plain(double value) {
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(4)).stripTrailingZeros();
        return rounded.toPlainString();
    }
}
