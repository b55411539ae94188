package dev.cria.cuda.launch;

import dev.cria.cuda.driver.DriverStreams;
import dev.cria.cuda.driver.Event;
import dev.cria.cuda.driver.Stream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * How long the GPU takes for each kernel, by its own clock: a mark before and behind every launch. The marks themselves take some microseconds a
 * launch, so that the whole is somewhat slower than without.
 */
public final class LaunchProfile implements AutoCloseable {
    /** Launches whose times are read together. */
    private static final int PENDING = 512;

    private final Stream stream;
    private final Event[] begins = new Event[PENDING];
    private final Event[] ends = new Event[PENDING];
    private final String[] names = new String[PENDING];
    private final double[] operations = new double[PENDING];
    private final Map<String, Line> lines = new HashMap<>();
    private int pending;

    LaunchProfile(DriverStreams streams, Stream stream) {
        this.stream = stream;
        for (int i = 0; i < PENDING; i++) {
            begins[i] = streams.timer();
            ends[i] = streams.timer();
        }
    }

    /**
     * All launches of one kernel.
     *
     * @param name module and kernel, or a product with its shape
     * @param milliseconds on the GPU, summed
     * @param operations floating-point operations, summed; 0 where they are not counted
     */
    public record Line(String name, long launches, double milliseconds, double operations) {
        private Line plus(Line other) {
            return new Line(
                    name, launches + other.launches, milliseconds + other.milliseconds, operations + other.operations);
        }
    }

    void begin() {
        begins[pending].record(stream);
    }

    void end(String name, double work) {
        ends[pending].record(stream);
        names[pending] = name;
        operations[pending] = work;
        pending++;
        if (pending == PENDING) {
            collect();
        }
    }

    private void collect() {
        if (pending > 0) {
            ends[pending - 1].synchronize();
        }
        for (int i = 0; i < pending; i++) {
            Line line = new Line(names[i], 1, ends[i].millisecondsSince(begins[i]), operations[i]);
            lines.merge(names[i], line, Line::plus);
        }
        pending = 0;
    }

    /** Forgets what was measured so far, such as a warm-up. */
    public void clear() {
        collect();
        lines.clear();
    }

    /** What was measured, the longest first; waits for what runs. */
    public List<Line> lines() {
        collect();
        List<Line> sorted = new ArrayList<>(lines.values());
        sorted.sort(Comparator.comparingDouble(Line::milliseconds).reversed());
        return sorted;
    }

    /** The same as a table: share, milliseconds, launches, TFLOP/s where operations are counted, name. */
    public String table() {
        List<Line> all = lines();
        double total = all.stream().mapToDouble(Line::milliseconds).sum();
        StringBuilder table = new StringBuilder(
                String.format(Locale.ROOT, "%6s %12s %9s %9s  %s%n", "share", "ms", "launches", "TFLOP/s", "kernel"));
        for (Line line : all) {
            table.append(String.format(
                    Locale.ROOT,
                    "%5.1f%% %12.3f %9d %9s  %s%n",
                    total == 0 ? 0 : 100 * line.milliseconds() / total,
                    line.milliseconds(),
                    line.launches(),
                    line.operations() == 0 || line.milliseconds() == 0
                            ? ""
                            : String.format(Locale.ROOT, "%.1f", line.operations() / line.milliseconds() / 1e9),
                    line.name()));
        }
        return table.append(String.format(Locale.ROOT, "%6s %12.3f%n", "all", total))
                .toString();
    }

    @Override
    public void close() {
        for (int i = 0; i < PENDING; i++) {
            begins[i].close();
            ends[i].close();
        }
    }
}
