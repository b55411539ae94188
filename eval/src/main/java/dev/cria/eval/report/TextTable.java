package dev.cria.eval.report;

import dev.cria.eval.run.EvaluationResult;
import dev.cria.eval.run.EvaluationResult.GroupResult;
import dev.cria.eval.run.EvaluationResult.MetricValue;
import dev.cria.eval.run.EvaluationResult.TaskResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The scores as plain text with aligned columns: a line for each metric, then the groups. */
public final class TextTable {
    private static final List<String> HEAD = List.of("", "Version", "Shots", "Docs", "Filter", "Metric", "Value", "");

    /** Columns that are aligned to the right: numbers. */
    private static final List<Boolean> RIGHT = List.of(false, true, true, true, false, false, true, false);

    private TextTable() {}

    /** The lines of the table, each without a newline. */
    public static List<String> render(EvaluationResult result) {
        List<String> lines = new ArrayList<>(table("Task", tasks(result)));
        if (!result.groups().isEmpty()) {
            lines.add("");
            lines.addAll(table("Group", groups(result)));
        }
        return lines;
    }

    private static List<List<String>> tasks(EvaluationResult result) {
        List<List<String>> rows = new ArrayList<>();
        for (TaskResult task : result.tasks()) {
            String documents = task.documents() == task.available()
                    ? Integer.toString(task.documents())
                    : task.documents() + " of " + task.available();
            List<String> first = List.of(
                    printable(task.name()), Double.toString(task.version()), Integer.toString(task.shots()), documents);
            rows.addAll(rows(first, task.metrics()));
        }
        return rows;
    }

    private static List<List<String>> groups(EvaluationResult result) {
        List<List<String>> rows = new ArrayList<>();
        for (GroupResult group : result.groups()) {
            List<String> first = List.of(printable(group.name()), "", "", Integer.toString(group.documents()));
            rows.addAll(rows(first, group.metrics()));
        }
        return rows;
    }

    private static List<List<String>> rows(List<String> first, List<MetricValue> metrics) {
        List<List<String>> rows = new ArrayList<>();
        for (MetricValue metric : metrics) {
            List<String> row = new ArrayList<>(rows.isEmpty() ? first : List.of("", "", "", ""));
            row.add(printable(metric.filter()));
            row.add(printable(metric.name()) + (metric.higherIsBetter() ? " ↑" : " ↓"));
            row.add(String.format(Locale.ROOT, "%.4f", metric.value()));
            row.add(
                    metric.standardError().isPresent()
                            ? String.format(
                                    Locale.ROOT,
                                    "± %.4f",
                                    metric.standardError().getAsDouble())
                            : "");
            rows.add(row);
        }
        return rows;
    }

    private static List<String> table(String name, List<List<String>> rows) {
        List<String> head = new ArrayList<>(HEAD);
        head.set(0, name);
        List<List<String>> all = new ArrayList<>(List.of(head));
        all.addAll(rows);
        int[] widths = new int[HEAD.size()];
        for (List<String> row : all) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], width(row.get(i)));
            }
        }
        List<String> lines = new ArrayList<>();
        for (List<String> row : all) {
            lines.add(line(row, widths));
            if (lines.size() == 1) {
                lines.add("─".repeat(width(longest(all, widths))));
            }
        }
        return lines;
    }

    private static String longest(List<List<String>> rows, int[] widths) {
        return rows.stream()
                .map(row -> line(row, widths))
                .max((a, b) -> Integer.compare(width(a), width(b)))
                .orElse("");
    }

    private static String line(List<String> row, int[] widths) {
        StringBuilder line = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String padding = " ".repeat(widths[i] - width(row.get(i)));
            line.append(i == 0 ? "" : "  ").append(RIGHT.get(i) ? padding + row.get(i) : row.get(i) + padding);
        }
        return line.toString().stripTrailing();
    }

    private static int width(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Names come from files of users: control characters must not reach a terminal. */
    private static String printable(String text) {
        return text.codePoints()
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
