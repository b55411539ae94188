package dev.cria.eval.report;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** A small bar chart as SVG: one bar a model, its value at the end. Colours come from the page's style sheet. */
final class BarChart {
    private static final int WIDTH = 340;
    private static final int ROW = 22;
    private static final int LABEL = 142;
    private static final int VALUE = 46;
    private static final int BAR = 12;

    /**
     * @param style class of the bar: {@code own}, {@code baseline} or {@code other}
     * @param value percent
     * @param error its standard error in percent
     */
    record Bar(String label, String style, double value, OptionalDouble error) {}

    private final String title;
    private final List<Bar> bars = new ArrayList<>();

    BarChart(String title) {
        this.title = title;
    }

    BarChart add(String label, String style, double value, OptionalDouble error) {
        bars.add(new Bar(label, style, value, error));
        return this;
    }

    String render() {
        int height = ROW * bars.size() + 4;
        double room = WIDTH - LABEL - VALUE;
        double top = bars.stream()
                .mapToDouble(Bar::value)
                .filter(Double::isFinite)
                .max()
                .orElse(0);
        double scale = top <= 0 ? 0 : room / Math.min(100, Math.max(10, Math.ceil(top / 10) * 10));
        StringBuilder svg = new StringBuilder("<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n"
                .formatted(WIDTH, height, Html.escape(title)));
        svg.append("<line class=\"axis\" x1=\"%d\" y1=\"0\" x2=\"%d\" y2=\"%d\"/>\n".formatted(LABEL, LABEL, height));
        for (int i = 0; i < bars.size(); i++) {
            Bar bar = bars.get(i);
            double y = 2 + i * ROW;
            double length = Double.isFinite(bar.value()) ? Math.clamp(bar.value() * scale, 0, room) : 0;
            String text = Double.isFinite(bar.value()) ? Html.fixed(bar.value()) : "–";
            svg.append("<g class=\"%s\"><title>%s: %s</title>".formatted(bar.style(), Html.escape(bar.label()), text));
            svg.append("<text class=\"label\" x=\"%d\" y=\"%s\" text-anchor=\"end\">%s</text>"
                    .formatted(LABEL - 8, Html.coordinate(y + 14), Html.escape(shorten(bar.label()))));
            svg.append("<rect x=\"%d\" y=\"%s\" width=\"%s\" height=\"%d\" rx=\"2\"/>"
                    .formatted(LABEL, Html.coordinate(y + 4), Html.coordinate(length), BAR));
            double end = LABEL + length;
            if (bar.error().isPresent() && Double.isFinite(bar.error().getAsDouble())) {
                double half = bar.error().getAsDouble() * scale;
                double left = Math.max(LABEL, end - half);
                double right = Math.min(WIDTH - VALUE, end + half);
                svg.append("<line class=\"error\" x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\"/>"
                        .formatted(
                                Html.coordinate(left),
                                Html.coordinate(y + 10),
                                Html.coordinate(right),
                                Html.coordinate(y + 10)));
                end = Math.max(end, right);
            }
            svg.append("<text class=\"value\" x=\"%s\" y=\"%s\">%s</text></g>\n"
                    .formatted(Html.coordinate(end + 5), Html.coordinate(y + 14), text));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String shorten(String label) {
        int room = 18;
        int length = label.codePointCount(0, label.length());
        return length <= room ? label : "…" + label.substring(label.offsetByCodePoints(0, length - room + 1));
    }
}
