package dev.cria.eval.metric;

import java.util.List;
import java.util.OptionalDouble;

/**
 * A metric over many documents.
 *
 * @param value its mean
 * @param standardError of that mean; empty where fewer than two documents leave it unknown
 * @param documents how many were measured
 */
public record Aggregate(double value, OptionalDouble standardError, int documents) {
    /**
     * The mean of {@code values} and its standard error: the sample's standard deviation (divisor n − 1) over √n. Summed in the given
     * order, so that the result does not depend on how the documents were run.
     *
     * @throws IllegalArgumentException where there are no values
     */
    public static Aggregate of(List<Double> values) {
        int n = values.size();
        if (n == 0) {
            throw new IllegalArgumentException("a mean of nothing");
        }
        double mean = sum(values) / n;
        if (n == 1) {
            return new Aggregate(mean, OptionalDouble.empty(), 1);
        }
        double squares = 0;
        for (double value : values) {
            squares += (value - mean) * (value - mean);
        }
        double deviation = Math.sqrt(squares / (n - 1));
        return new Aggregate(mean, OptionalDouble.of(deviation / Math.sqrt(n)), n);
    }

    private static double sum(List<Double> values) {
        double sum = 0;
        for (double value : values) {
            sum += value;
        }
        return sum;
    }

    /**
     * One figure for several tasks.
     *
     * <p>Weighted: Σ n·value / Σ n, with the standard error of pooled variances, √(Σ (n−1)·n·se² / (Σ n − tasks) / Σ n). Unweighted: the
     * plain mean of the values, with √(Σ se²) / tasks. Without an error where one of the parts has none.
     *
     * @throws IllegalArgumentException where there are no parts
     */
    public static Aggregate combine(List<Aggregate> parts, boolean weighted) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("a mean of nothing");
        }
        int documents = 0;
        double sum = 0;
        double squares = 0;
        boolean known = true;
        for (Aggregate part : parts) {
            double n = part.documents;
            double error = part.standardError.orElse(0);
            known &= part.standardError.isPresent();
            documents += part.documents;
            sum += weighted ? n * part.value : part.value;
            squares += weighted ? (n - 1) * error * error * n : error * error;
        }
        double value = sum / (weighted ? documents : parts.size());
        if (!known) {
            return new Aggregate(value, OptionalDouble.empty(), documents);
        }
        double error = weighted
                ? Math.sqrt(squares / (documents - parts.size()) / documents)
                : Math.sqrt(squares) / parts.size();
        return new Aggregate(value, OptionalDouble.of(error), documents);
    }
}
