package dev.cria.train.metrics;

import java.util.Locale;

/** Draws as SVG text. */
final class SvgCanvas implements Canvas {
    private final StringBuilder svg = new StringBuilder();

    SvgCanvas(int width, int height) {
        svg.append("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" "
                        .formatted(width, height, width, height))
                .append("font-family=\"system-ui, 'Segoe UI', Helvetica, Arial, sans-serif\">\n");
    }

    @Override
    public void rectangle(double x, double y, double width, double height, int color) {
        add("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"#%06x\"/>", x, y, width, height, color);
    }

    @Override
    public void polyline(double[] xs, double[] ys, int color, double width, double opacity) {
        StringBuilder points = new StringBuilder();
        for (int i = 0; i < xs.length; i++) {
            points.append(String.format(Locale.ROOT, i == 0 ? "%.1f,%.1f" : " %.1f,%.1f", xs[i], ys[i]));
        }
        add(
                "<polyline points=\"%s\" fill=\"none\" stroke=\"#%06x\" stroke-width=\"%.1f\" stroke-opacity=\"%.2f\" stroke-linejoin=\"round\"/>",
                points, color, width, opacity);
    }

    @Override
    public void circle(double x, double y, double radius, int color) {
        add("<circle cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\" fill=\"#%06x\"/>", x, y, radius, color);
    }

    @Override
    public void text(double x, double y, String text, double size, Anchor anchor, int color) {
        String escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
        add(
                "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.0f\" text-anchor=\"%s\" fill=\"#%06x\">%s</text>",
                x, y, size, anchor.name().toLowerCase(Locale.ROOT), color, escaped);
    }

    String finish() {
        return svg + "</svg>\n";
    }

    private void add(String format, Object... arguments) {
        svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
    }
}
