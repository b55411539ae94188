package dev.cria.eval.report;

import dev.cria.base.yaml.YamlSection;
import dev.cria.base.yaml.YamlTree;
import dev.cria.eval.run.EvaluationResult;
import dev.cria.eval.run.EvaluationResult.MetricValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Scores that others have published, for comparison.
 *
 * @param tables one for each set of benchmarks
 */
record PublishedScores(List<Table> tables) {
    /**
     * @param source where the figures are taken from
     * @param how they were measured there
     * @param average whether the source gives the mean of the columns
     */
    record Table(String title, String source, String how, List<Column> columns, boolean average, List<Row> rows) {
        Table {
            columns = List.copyOf(columns);
            rows = List.copyOf(rows);
        }
    }

    /** @param tasks names of tasks and groups that measure the same, the closest first */
    record Column(String title, String metric, List<String> tasks) {
        Column {
            tasks = List.copyOf(tasks);
        }

        /** The value of this column in a result. */
        Optional<MetricValue> in(EvaluationResult result) {
            for (String name : tasks) {
                Optional<MetricValue> found = result.tasks().stream()
                        .filter(task -> task.name().equals(name))
                        .flatMap(task -> task.metric(metric).stream())
                        .findFirst()
                        .or(() -> result.groups().stream()
                                .filter(group -> group.name().equals(name))
                                .flatMap(group -> group.metrics().stream())
                                .filter(value -> value.name().equals(metric))
                                .findFirst());
                if (found.isPresent()) {
                    return found;
                }
            }
            return Optional.empty();
        }
    }

    /**
     * @param baseline whether it is another family's model
     * @param values percent, one for each column
     */
    record Row(String model, String tokens, boolean baseline, List<Double> values, OptionalDouble average) {
        Row {
            values = List.copyOf(values);
        }
    }

    PublishedScores {
        tables = List.copyOf(tables);
    }

    /** The figures that Cria brings. */
    static PublishedScores load() {
        try (InputStream in = PublishedScores.class.getResourceAsStream("published.yaml")) {
            if (in == null) {
                throw new IllegalStateException("published.yaml is not beside its class");
            }
            String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return read(new YamlTree(text, "published.yaml", "table of scores", "tables").section());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PublishedScores read(YamlSection root) {
        List<Table> tables = new ArrayList<>();
        for (YamlSection section : root.sections("tables")) {
            List<Column> columns = section.sections("columns").stream()
                    .map(column -> new Column(
                            column.text("title").orElseThrow(),
                            column.text("metric").orElseThrow(),
                            column.exactTexts("tasks")))
                    .toList();
            List<Row> rows = section.sections("rows").stream()
                    .map(row -> new Row(
                            row.text("model").orElseThrow(),
                            row.text("tokens").orElseThrow(),
                            row.flag("baseline", false),
                            row.exactTexts("values").stream()
                                    .map(Double::valueOf)
                                    .toList(),
                            row.number("average", 0, 100)
                                    .map(OptionalDouble::of)
                                    .orElse(OptionalDouble.empty())))
                    .toList();
            tables.add(new Table(
                    section.text("title").orElseThrow(),
                    section.text("source").orElseThrow(),
                    section.text("how").orElseThrow(),
                    columns,
                    section.flag("average", false),
                    rows));
        }
        return new PublishedScores(tables);
    }
}
