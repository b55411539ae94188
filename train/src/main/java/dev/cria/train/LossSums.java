package dev.cria.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.DoubleSupplier;

/** Adds up the losses of micro-batches, and other numbers that have a mean over the same things. */
final class LossSums {
    private final Map<String, Double> more = new LinkedHashMap<>();
    private final List<DoubleSupplier> pending = new ArrayList<>();
    private double loss;
    private double weight;

    void add(double sum, double count) {
        loss += sum;
        weight += count;
    }

    /** A loss that is asked for when the sum is: a device may still be computing it. */
    void add(DoubleSupplier sum, double count) {
        pending.add(sum);
        weight += count;
    }

    void add(double sum, double count, Map<String, Double> others) {
        add(sum, count);
        others.forEach((name, value) -> more.merge(name, value, Double::sum));
    }

    double sum() {
        pending.forEach(each -> loss += each.getAsDouble());
        pending.clear();
        return loss;
    }

    double weight() {
        return weight;
    }

    /** The mean loss. */
    double mean() {
        return sum() / weight;
    }

    /** The means of the other numbers, by name. */
    Map<String, Double> means() {
        Map<String, Double> means = new LinkedHashMap<>();
        more.forEach((name, sum) -> means.put(name, sum / weight));
        return means;
    }
}
