package dev.cria.train.metrics;

import dev.cria.train.metrics.Canvas.Anchor;
import java.util.Arrays;
import java.util.List;

/**
 * One diagram: a frame, ticks with grid lines, curves, a legend.
 *
 * @param title what the y axis shows, with its unit
 * @param x the axis of steps
 * @param y the axis of values
 * @param curves from back to front
 */
record Panel(String title, Axis x, Axis y, List<Curve> curves) {
    private static final int INK = 0x333333;
    private static final int GRID = 0xe4e4e4;
    private static final int FRAME = 0x999999;

    /**
     * A series and how it is drawn.
     *
     * @param color 0xRRGGBB
     * @param dots a dot at each point as well
     */
    record Curve(Series series, int color, double width, double opacity, boolean dots) {}

    /** Draws into the rectangle whose corner is (left, top); titles and tick labels stand outside it. */
    void draw(Canvas canvas, double left, double top, double width, double height, boolean stepLabels) {
        for (double tick : x.ticks(8)) {
            double at = left + x.position(tick) * width;
            line(canvas, at, top, at, top + height, GRID);
            if (stepLabels) {
                canvas.text(at, top + height + 18, Axis.label(tick), 12, Anchor.MIDDLE, INK);
            }
        }
        for (double tick : y.ticks((int) Math.max(3, height / 45))) {
            double at = top + height - y.position(tick) * height;
            line(canvas, left, at, left + width, at, GRID);
            canvas.text(left - 8, at + 4, Axis.label(tick), 12, Anchor.END, INK);
        }
        for (Curve curve : curves) {
            draw(canvas, curve, left, top, width, height);
        }
        canvas.polyline(
                new double[] {left, left + width, left + width, left, left},
                new double[] {top, top, top + height, top + height, top},
                FRAME,
                1,
                1);
        canvas.text(left, top - 8, title, 14, Anchor.START, INK);
        legend(canvas, left + width, top - 8);
    }

    private void draw(Canvas canvas, Curve curve, double left, double top, double width, double height) {
        Series series = curve.series().thinned(1000);
        double[] xs = new double[series.xs().length];
        double[] ys = new double[series.xs().length];
        int n = 0;
        for (int i = 0; i < xs.length; i++) {
            double value = series.ys()[i];
            if (Double.isFinite(value) && !(y.logarithmic() && value <= 0)) {
                xs[n] = left + x.position(series.xs()[i]) * width;
                ys[n] = top + height - Math.clamp(y.position(value), 0, 1) * height;
                n++;
            }
        }
        canvas.polyline(Arrays.copyOf(xs, n), Arrays.copyOf(ys, n), curve.color(), curve.width(), curve.opacity());
        for (int i = 0; curve.dots() && i < n; i++) {
            canvas.circle(xs[i], ys[i], 3, curve.color());
        }
    }

    /** From right to left, so that it ends at the frame. */
    private void legend(Canvas canvas, double right, double baseline) {
        double at = right;
        for (Curve curve : curves.reversed()) {
            if (curves.size() < 2 || curve.series().xs().length == 0) {
                continue;
            }
            canvas.text(at, baseline, curve.series().name(), 12, Anchor.END, INK);
            at -= 7.2 * curve.series().name().length() + 8;
            canvas.rectangle(at - 16, baseline - 6, 16, 3, curve.color());
            at -= 32;
        }
    }

    private static void line(Canvas canvas, double x1, double y1, double x2, double y2, int color) {
        canvas.polyline(new double[] {x1, x2}, new double[] {y1, y2}, color, 1, 1);
    }
}
