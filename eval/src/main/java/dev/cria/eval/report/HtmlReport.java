package dev.cria.eval.report;

import dev.cria.eval.report.PublishedScores.Column;
import dev.cria.eval.report.PublishedScores.Row;
import dev.cria.eval.report.PublishedScores.Table;
import dev.cria.eval.run.EvaluationResult;
import dev.cria.eval.run.EvaluationResult.EvaluatedModel;
import dev.cria.eval.run.EvaluationResult.MetricValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** The scores as one page without anything outside it: what was measured, pictures beside published figures, and all numbers. */
public final class HtmlReport {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm 'UTC'", Locale.ROOT);

    private final EvaluationResult result;
    private final PublishedScores published;

    private HtmlReport(EvaluationResult result, PublishedScores published) {
        this.result = result;
        this.published = published;
    }

    /** The page; UTF-8 when written. */
    public static String render(EvaluationResult result) {
        return new HtmlReport(result, PublishedScores.load()).page();
    }

    private String page() {
        String name = Html.escape(result.model().name());
        StringBuilder out = new StringBuilder();
        out.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
        out.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        out.append(
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n");
        out.append("<title>Scores of ").append(name).append("</title>\n");
        out.append("<style>\n").append(style()).append("</style>\n</head>\n<body>\n<main>\n");
        out.append("<h1>Scores of <span class=\"model\">").append(name).append("</span></h1>\n");
        facts(out);
        if (result.settings().limit().isPresent()) {
            out.append("<p class=\"notice\">Only the first ")
                    .append(result.settings().limit().getAsInt())
                    .append(
                            " documents of each task were asked. Such scores say little, and cannot be compared with published ones.</p>\n");
        }
        for (Table table : published.tables()) {
            if (table.columns().stream().anyMatch(column -> column.in(result).isPresent())) {
                comparison(out, table);
            }
        }
        scores(out);
        out.append("</main>\n</body>\n</html>\n");
        return out.toString();
    }

    private void facts(StringBuilder out) {
        EvaluatedModel model = result.model();
        out.append("<dl class=\"facts\">\n");
        fact(out, "Parameters", String.format(Locale.ROOT, "%,d", model.parameters()));
        fact(out, "Weights", model.weightType());
        fact(out, "Context", String.format(Locale.ROOT, "%,d tokens", model.contextLength()));
        fact(out, "BOS", result.settings().bos() ? "before each request" : "none");
        fact(out, "Measured", TIME.format(result.started().atOffset(ZoneOffset.UTC)));
        fact(out, "Time taken", String.format(Locale.ROOT, "%,.1f s", result.seconds()));
        fact(out, "Fingerprint", model.fingerprint());
        out.append("</dl>\n");
    }

    private static void fact(StringBuilder out, String name, String value) {
        out.append("<div><dt>")
                .append(name)
                .append("</dt><dd>")
                .append(Html.escape(value))
                .append("</dd></div>\n");
    }

    private void comparison(StringBuilder out, Table table) {
        List<Optional<MetricValue>> own =
                table.columns().stream().map(column -> column.in(result)).toList();
        boolean whole = own.stream().allMatch(Optional::isPresent);
        double mean = own.stream()
                .flatMap(Optional::stream)
                .mapToDouble(MetricValue::value)
                .average()
                .orElse(0);
        OptionalDouble average = whole && table.average() ? OptionalDouble.of(100 * mean) : OptionalDouble.empty();
        out.append("<section>\n<h2>").append(Html.escape(table.title())).append("</h2>\n");
        out.append("<p class=\"source\">Published rows: ")
                .append(Html.escape(table.source()))
                .append(". Measured there with ")
                .append(Html.escape(table.how()))
                .append(". Percent; higher is better.</p>\n<div class=\"charts\">\n");
        average.ifPresent(value ->
                figure(out, "Average", table, row -> row.average().orElse(Double.NaN), value, OptionalDouble.empty()));
        for (int i = 0; i < own.size(); i++) {
            int at = i;
            Column column = table.columns().get(i);
            own.get(i)
                    .ifPresent(value -> figure(
                            out,
                            column.title() + " (" + column.metric() + ")",
                            table,
                            row -> row.values().get(at),
                            100 * value.value(),
                            value.standardError().stream()
                                    .map(error -> 100 * error)
                                    .findAny()));
        }
        out.append("</div>\n");
        table(out, table, own, average);
        out.append("</section>\n");
    }

    @FunctionalInterface
    private interface Published {
        double of(Row row);
    }

    private void figure(
            StringBuilder out, String title, Table table, Published published, double own, OptionalDouble error) {
        BarChart chart = new BarChart(title).add(result.model().name(), "own", own, error);
        for (Row row : table.rows()) {
            String label = (row.baseline() ? row.model() : "TinyLlama") + ", " + row.tokens();
            chart.add(label, row.baseline() ? "baseline" : "other", published.of(row), OptionalDouble.empty());
        }
        out.append("<figure><figcaption>")
                .append(Html.escape(title))
                .append("</figcaption>\n")
                .append(chart.render())
                .append("</figure>\n");
    }

    private void table(StringBuilder out, Table table, List<Optional<MetricValue>> own, OptionalDouble average) {
        out.append("<div class=\"wide\"><table>\n<thead><tr><th>Model</th><th class=\"n\">Tokens</th>");
        table.columns()
                .forEach(column -> out.append("<th class=\"n\">")
                        .append(Html.escape(column.title()))
                        .append("</th>"));
        out.append(table.average() ? "<th class=\"n\">Average</th>" : "").append("</tr></thead>\n<tbody>\n");
        List<String> values = new ArrayList<>();
        own.forEach(value ->
                values.add(value.map(v -> Html.fixed(100 * v.value())).orElse("–")));
        if (table.average()) {
            values.add(average.isPresent() ? Html.fixed(average.getAsDouble()) : "–");
        }
        row(out, "own", result.model().name(), "", values);
        for (Row row : table.rows()) {
            List<String> cells =
                    new ArrayList<>(row.values().stream().map(Html::fixed).toList());
            row.average().ifPresent(value -> cells.add(Html.fixed(value)));
            row(out, row.baseline() ? "baseline" : "other", row.model(), row.tokens(), cells);
        }
        out.append("</tbody>\n</table></div>\n");
    }

    private static void row(StringBuilder out, String style, String model, String tokens, List<String> values) {
        out.append("<tr class=\"%s\"><th scope=\"row\">%s</th><td class=\"n\">%s</td>"
                .formatted(style, Html.escape(model), Html.escape(tokens)));
        values.forEach(value -> out.append("<td class=\"n\">").append(value).append("</td>"));
        out.append("</tr>\n");
    }

    private void scores(StringBuilder out) {
        out.append(
                "<section>\n<h2>All scores</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>Task</th><th class=\"n\">Version</th>");
        out.append("<th class=\"n\">Shots</th><th class=\"n\">Documents</th><th>Metric</th><th class=\"n\">Value</th>");
        out.append("<th class=\"n\">Standard error</th></tr></thead>\n<tbody>\n");
        result.tasks()
                .forEach(task -> metrics(
                        out,
                        "task",
                        List.of(
                                task.name(),
                                Double.toString(task.version()),
                                Integer.toString(task.shots()),
                                task.documents() == task.available()
                                        ? Integer.toString(task.documents())
                                        : task.documents() + " of " + task.available()),
                        task.metrics()));
        result.groups()
                .forEach(group -> metrics(
                        out,
                        "group",
                        List.of(group.name(), "", "", Integer.toString(group.documents())),
                        group.metrics()));
        out.append("</tbody>\n</table></div>\n</section>\n");
    }

    private static void metrics(StringBuilder out, String style, List<String> first, List<MetricValue> metrics) {
        for (int i = 0; i < metrics.size(); i++) {
            MetricValue metric = metrics.get(i);
            List<String> cells = i == 0 ? first : List.of("", "", "", "");
            out.append("<tr class=\"")
                    .append(style)
                    .append("\"><th scope=\"row\">")
                    .append(Html.escape(cells.getFirst()))
                    .append("</th>");
            cells.subList(1, cells.size())
                    .forEach(cell -> out.append("<td class=\"n\">")
                            .append(Html.escape(cell))
                            .append("</td>"));
            String name = metric.filter().equals("none") ? metric.name() : metric.name() + ", " + metric.filter();
            out.append("<td>")
                    .append(Html.escape(name))
                    .append(metric.higherIsBetter() ? "" : " (lower is better)")
                    .append("</td>");
            out.append(String.format(Locale.ROOT, "<td class=\"n\">%.4f</td>", metric.value()));
            out.append("<td class=\"n\">")
                    .append(
                            metric.standardError().isPresent()
                                    ? String.format(
                                            Locale.ROOT,
                                            "± %.4f",
                                            metric.standardError().getAsDouble())
                                    : "")
                    .append("</td></tr>\n");
        }
    }

    private static String style() {
        try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("report.css is not beside its class");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
