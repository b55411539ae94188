package dev.cria.train.metrics;

import dev.cria.train.metrics.EvaluationMetrics.Score;
import dev.cria.train.metrics.Panel.Curve;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.DoubleStream;

/** The diagram of benchmark scores: a curve for each task, or the mean and the first few where they are many. */
final class ScorePanel {
    private static final int MOST = 5;
    private static final int[] COLORS = {0x1f5fa8, 0xd9661f, 0x2e7d4f, 0x8a4fa3, 0xb03a48};

    private ScorePanel() {}

    static Panel of(List<EvaluationMetrics> evaluations, Axis x) {
        Set<String> names = new LinkedHashSet<>();
        evaluations.forEach(each -> each.main().forEach(score -> names.add(score.name())));
        List<Series> series = new ArrayList<>();
        if (names.size() > MOST) {
            double[] means = evaluations.stream()
                    .mapToDouble(each -> each.main().stream()
                            .mapToDouble(Score::value)
                            .average()
                            .orElse(Double.NaN))
                    .toArray();
            series.add(new Series("mean of " + names.size(), steps(evaluations), means));
        }
        names.stream()
                .limit(names.size() > MOST ? MOST - 1 : MOST)
                .forEach(name -> series.add(new Series(name, steps(evaluations), values(evaluations, name))));
        double[] shown = series.stream()
                .flatMapToDouble(each -> DoubleStream.of(each.ys()))
                .toArray();
        List<Curve> curves = new ArrayList<>();
        for (int i = 0; i < series.size(); i++) {
            curves.add(new Curve(series.get(i), COLORS[i], i == 0 ? 2 : 1.5, 1, true));
        }
        return new Panel("scores", x, Axis.around(shown, false, false), curves);
    }

    private static double[] steps(List<EvaluationMetrics> evaluations) {
        return evaluations.stream().mapToDouble(EvaluationMetrics::step).toArray();
    }

    private static double[] values(List<EvaluationMetrics> evaluations, String name) {
        return evaluations.stream()
                .mapToDouble(each -> each.scores().stream()
                        .filter(score -> score.name().equals(name))
                        .mapToDouble(Score::value)
                        .findFirst()
                        .orElse(Double.NaN))
                .toArray();
    }
}
