package dev.cria.train;

import java.util.LinkedHashMap;
import java.util.Map;

/** Adds up the losses of micro-batches, and other numbers that have a mean over the same things. */
final class LossSums {
    private final Map<String, Double> more = new LinkedHashMap<>();
    private double loss;
    private double weight;

    void add(double sum, double count) {
        loss += sum;
        weight += count;
    }

    void add(double sum, double count, Map<String, Double> others) {
        add(sum, count);
        others.forEach((name, value) -> more.merge(name, value, Double::sum));
    }

    double sum() {
        return loss;
    }

    double weight() {
        return weight;
    }

    /** The mean loss. */
    double mean() {
        return loss / weight;
    }

    /** The means of the other numbers, by name. */
    Map<String, Double> means() {
        Map<String, Double> means = new LinkedHashMap<>();
        more.forEach((name, sum) -> means.put(name, sum / weight));
        return means;
    }
}
