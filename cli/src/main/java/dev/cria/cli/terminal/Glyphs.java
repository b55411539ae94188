package dev.cria.cli.terminal;

import java.util.List;

/** Bars and sparklines from Unicode's block elements, which every terminal of today shows. */
public final class Glyphs {
    private static final String EIGHTHS_ACROSS = " ▏▎▍▌▋▊▉█";
    private static final String EIGHTHS_UP = "▁▂▃▄▅▆▇█";

    private Glyphs() {}

    /** A bar of {@code width} characters, filled to {@code fraction} (0 to 1) in steps of an eighth of a character. */
    public static String bar(double fraction, int width) {
        double clean = Double.isNaN(fraction) ? 0 : Math.clamp(fraction, 0, 1);
        int eighths = (int) Math.floor(clean * width * 8);
        StringBuilder bar = new StringBuilder(width);
        for (int i = 0; i < width; i++) {
            bar.append(EIGHTHS_ACROSS.charAt(Math.clamp(eighths - i * 8L, 0, 8)));
        }
        return bar.toString();
    }

    /**
     * The course of {@code values} in at most {@code width} characters, low to high between its own least and largest. Many values share a
     * character by their mean; values that are not finite are left out.
     */
    public static String sparkline(List<Double> values, int width) {
        double[] finite = values.stream()
                .mapToDouble(Double::doubleValue)
                .filter(Double::isFinite)
                .toArray();
        int points = Math.min(width, finite.length);
        double[] means = new double[points];
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int p = 0; p < points; p++) {
            int from = (int) ((long) p * finite.length / points);
            int to = (int) ((long) (p + 1) * finite.length / points);
            for (int i = from; i < to; i++) {
                means[p] += finite[i] / (to - from);
            }
            least = Math.min(least, means[p]);
            most = Math.max(most, means[p]);
        }
        StringBuilder line = new StringBuilder(points);
        for (double mean : means) {
            double height = most > least ? (mean - least) / (most - least) : 0;
            line.append(EIGHTHS_UP.charAt((int) Math.min(7, Math.floor(height * 8))));
        }
        return line.toString();
    }
}
