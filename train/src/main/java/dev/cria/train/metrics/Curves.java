package dev.cria.train.metrics;

import dev.cria.base.DurableFiles;
import dev.cria.train.metrics.Canvas.Anchor;
import dev.cria.train.metrics.Panel.Curve;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * The picture of a run: loss (each step, smoothed, validation), learning rate, speed, and where there are any, the
 * gains of preferred answers and the scores of benchmark tasks. Drawn once, as SVG and as PNG from the
 * same description.
 */
public final class Curves {
    static final int WIDTH = 1000;
    static final int HEIGHT = 900;
    private static final int MORE = 228;
    private static final int LEFT = 70;
    private static final int PLOT = WIDTH - LEFT - 30;
    private static final int GRAY_BLUE = 0x8fb3d9;
    private static final int BLUE = 0x1f5fa8;
    private static final int ORANGE = 0xd9661f;
    private static final int GREEN = 0x2e7d4f;

    private final String title;
    private final History history;

    public Curves(String title, History history) {
        this.title = title;
        this.history = history;
    }

    /**
     * Writes {@code curves.svg} and, where this machine can draw text, {@code curves.png} into a directory.
     *
     * @return why there is no PNG, if there is none
     * @throws IOException if a file cannot be written
     */
    public Optional<String> write(Path directory) throws IOException {
        DurableFiles.write(directory.resolve("curves.svg"), svg());
        byte[] png;
        try {
            png = png();
        } catch (LinkageError | RuntimeException e) {
            // A JDK without AWT's libraries, or a machine without a font: the SVG says the same.
            return Optional.of("no curves.png, since this Java cannot draw text here (" + e + "); see curves.svg");
        }
        DurableFiles.write(directory.resolve("curves.png"), png);
        return Optional.empty();
    }

    /** The picture as SVG text. */
    public String svg() {
        SvgCanvas canvas = new SvgCanvas(WIDTH, height());
        draw(canvas);
        return canvas.finish();
    }

    private byte[] png() throws IOException {
        ImageCanvas canvas = new ImageCanvas(WIDTH, height());
        draw(canvas);
        return canvas.finish();
    }

    private void draw(Canvas canvas) {
        double[] steps = history.steps().stream().mapToDouble(StepMetrics::step).toArray();
        Axis x = new Axis(0, steps.length == 0 ? 1 : steps[steps.length - 1], false);
        List<Panel> more = more(x);
        canvas.rectangle(0, 0, WIDTH, height(), 0xffffff);
        canvas.text(LEFT, 34, title, 18, Anchor.START, 0x111111);
        canvas.text(LEFT, 54, summary(), 12, Anchor.START, 0x555555);
        lossPanel(x, steps).draw(canvas, LEFT, 96, PLOT, 380, false);
        single("learning rate", x, steps, StepMetrics::learningRate, ORANGE).draw(canvas, LEFT, 524, PLOT, 130, false);
        single("tokens per second", x, steps, StepMetrics::tokensPerSecond, GREEN)
                .draw(canvas, LEFT, 702, PLOT, 130, more.isEmpty());
        for (int i = 0; i < more.size(); i++) {
            more.get(i).draw(canvas, LEFT, 880 + i * MORE, PLOT, 180, i + 1 == more.size());
        }
        canvas.text(LEFT + PLOT / 2.0, height() - 22, "step", 13, Anchor.MIDDLE, 0x333333);
    }

    private int height() {
        return HEIGHT + MORE * more(new Axis(0, 1, false)).size();
    }

    /** What only some runs have. */
    private List<Panel> more(Axis x) {
        List<Panel> more = new ArrayList<>(PreferencePanels.of(history, x));
        if (!history.evaluations().isEmpty()) {
            more.add(ScorePanel.of(history.evaluations(), x));
        }
        return more;
    }

    private Panel lossPanel(Axis x, double[] steps) {
        Series train = new Series("each step", steps, values(StepMetrics::loss));
        // Steps that were left out of the training are drawn, but do not bend the smooth curve.
        double[] trained = values(step -> step.skipped().isPresent() ? Double.NaN : step.loss());
        Series smooth = new Series("", steps, trained).smoothed("smoothed", Math.clamp(steps.length / 100, 5, 500));
        Series held = new Series(
                "validation",
                history.validations().stream()
                        .mapToDouble(ValidationMetrics::step)
                        .toArray(),
                history.validations().stream()
                        .mapToDouble(ValidationMetrics::loss)
                        .toArray());
        // A single spike must not squash the curve: the axis ends at the 99.5 % quantile, or higher where a smooth
        // curve goes.
        double top = train.quantile(0.995);
        double[] shown = DoubleStream.concat(
                        DoubleStream.of(train.ys()).filter(loss -> !(loss > top)),
                        DoubleStream.concat(DoubleStream.of(smooth.ys()), DoubleStream.of(held.ys())))
                .toArray();
        Axis y = Axis.around(shown, false, true);
        return new Panel(
                (PreferencePanels.of(history, x).isEmpty() ? "loss (nats per token" : "loss (mean of the pairs")
                        + (y.logarithmic() ? ", logarithmic)" : ")"),
                x,
                y,
                List.of(
                        new Curve(train, GRAY_BLUE, 1, steps.length < 500 ? 0.9 : 0.6, false),
                        new Curve(smooth, BLUE, 2, 1, false),
                        new Curve(held, ORANGE, 1.5, 1, true)));
    }

    private Panel single(String name, Axis x, double[] steps, ToDoubleFunction<StepMetrics> value, int color) {
        Series series = new Series(name, steps, values(value));
        return new Panel(
                name, x, Axis.around(series.ys(), true, false), List.of(new Curve(series, color, 1.5, 1, false)));
    }

    private double[] values(ToDoubleFunction<StepMetrics> value) {
        return history.steps().stream().mapToDouble(value).toArray();
    }

    private String summary() {
        if (history.steps().isEmpty()) {
            return "no step yet";
        }
        StepMetrics last = history.steps().getLast();
        String text = "%s steps, %s tokens, last loss %.4f"
                .formatted(last.step(), Axis.label((double) last.tokens()), last.loss());
        if (history.validations().isEmpty()) {
            return text;
        }
        ValidationMetrics held = history.validations().getLast();
        String bits = held.hasBitsPerByte() ? " (%.4f bits per byte)".formatted(held.bitsPerByte()) : "";
        return text + ", validation loss %.4f%s at step %d".formatted(held.loss(), bits, held.step());
    }
}
