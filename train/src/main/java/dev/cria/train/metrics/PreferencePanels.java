package dev.cria.train.metrics;

import dev.cria.train.metrics.Panel.Curve;
import java.util.List;
import java.util.stream.DoubleStream;

/** The diagrams of a run that learns preferences: what the answers have gained on the starting model, and how often the right one gained more. */
final class PreferencePanels {
    private static final String ACCURACY = "rewards/accuracies";
    private static final int BLUE = 0x1f5fa8;
    private static final int GRAY_BLUE = 0x8fb3d9;
    private static final int ORANGE = 0xd9661f;
    private static final int GREEN = 0x2e7d4f;

    private PreferencePanels() {}

    /** The panels; none where the run has no such numbers. */
    static List<Panel> of(History history, Axis x) {
        boolean any = history.steps().stream().anyMatch(step -> step.more().containsKey(ACCURACY));
        return any ? List.of(rewards(history, x), accuracy(history, x)) : List.of();
    }

    private static Panel rewards(History history, Axis x) {
        Series chosen = smooth(history, "chosen", "rewards/chosen");
        Series rejected = smooth(history, "rejected", "rewards/rejected");
        Series margin = smooth(history, "margin", "rewards/margins");
        Series held = held(history, "margin, validation", "rewards/margins");
        double[] shown = DoubleStream.of(0.0).toArray();
        for (Series each : List.of(chosen, rejected, margin, held)) {
            shown = DoubleStream.concat(DoubleStream.of(shown), DoubleStream.of(each.ys()))
                    .toArray();
        }
        return new Panel(
                "rewards: β times the gain in log-probability",
                x,
                Axis.around(shown, false, false),
                List.of(
                        new Curve(chosen, GREEN, 1.5, 1, false),
                        new Curve(rejected, GRAY_BLUE, 1.5, 1, false),
                        new Curve(margin, BLUE, 2, 1, false),
                        new Curve(held, ORANGE, 1.5, 1, true)));
    }

    private static Panel accuracy(History history, Axis x) {
        return new Panel(
                "accuracy: pairs whose chosen answer gained more",
                x,
                new Axis(0, 1.05, false),
                List.of(
                        new Curve(smooth(history, "smoothed", ACCURACY), BLUE, 2, 1, false),
                        new Curve(held(history, "validation", ACCURACY), ORANGE, 1.5, 1, true)));
    }

    private static Series smooth(History history, String name, String metric) {
        List<StepMetrics> steps = history.steps();
        double[] xs = steps.stream().mapToDouble(StepMetrics::step).toArray();
        double[] ys = steps.stream()
                .mapToDouble(each -> each.more().getOrDefault(metric, Double.NaN))
                .toArray();
        return new Series("", xs, ys).smoothed(name, Math.clamp(steps.size() / 100, 5, 500));
    }

    private static Series held(History history, String name, String metric) {
        List<ValidationMetrics> measured = history.validations();
        return new Series(
                name,
                measured.stream().mapToDouble(ValidationMetrics::step).toArray(),
                measured.stream()
                        .mapToDouble(each -> each.more().getOrDefault(metric, Double.NaN))
                        .toArray());
    }
}
