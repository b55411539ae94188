package dev.cria.eval.task;

import dev.cria.eval.metric.PythonText;
import dev.cria.eval.rows.Row;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What pandas' {@code read_csv} makes of MMLU's question and four choices, each a column: words that mean "not available" become
 * {@code nan}; a column of nothing but numbers is re-spelt as numbers, and one of nothing but truth values as {@code True} and
 * {@code False}. InstructEval shows the model these spellings.
 */
final class CsvCells {
    private static final String NAN = "nan";

    /** pandas' default {@code na_values}. */
    private static final Set<String> NOT_AVAILABLE = Set.of(
            "",
            "#N/A",
            "#N/A N/A",
            "#NA",
            "-1.#IND",
            "-1.#QNAN",
            "-NaN",
            "-nan",
            "1.#IND",
            "1.#QNAN",
            "<NA>",
            "N/A",
            "NA",
            "NULL",
            "NaN",
            "None",
            "n/a",
            "nan",
            "null");

    private static final Pattern WHOLE = Pattern.compile("[+-]?[0-9]+");
    private static final Pattern NUMBER =
            Pattern.compile("[+-]?([0-9]+\\.?[0-9]*([eE][+-]?[0-9]+)?|\\.[0-9]+([eE][+-]?[0-9]+)?|(?i:inf|infinity))");

    private static final int CHOICES = 4;

    private CsvCells() {}

    static List<Document> apply(List<Document> documents) {
        List<List<String>> columns = new ArrayList<>();
        columns.add(column(documents.stream()
                .map(document -> document.row().text("question"))
                .toList()));
        for (int c = 0; c < CHOICES; c++) {
            int choice = c;
            columns.add(column(documents.stream()
                    .map(document -> choices(document.row()).get(choice))
                    .toList()));
        }
        List<Document> changed = new ArrayList<>();
        for (int d = 0; d < documents.size(); d++) {
            Row row = documents.get(d).row();
            Map<String, @Nullable Object> values = new LinkedHashMap<>(row.values());
            int at = d;
            values.put("question", columns.getFirst().get(d));
            values.put(
                    "choices",
                    columns.subList(1, columns.size()).stream()
                            .map(column -> column.get(at))
                            .toList());
            changed.add(new Document(documents.get(d).number(), new Row(values, row.file(), row.place())));
        }
        return changed;
    }

    private static List<String> choices(Row row) {
        List<String> choices = row.texts("choices");
        if (choices.size() != CHOICES) {
            throw row.refuse("choices has " + choices.size() + " entries; MMLU has " + CHOICES);
        }
        return choices;
    }

    /** One column as pandas prints it. */
    static List<String> column(List<String> cells) {
        List<String> known =
                cells.stream().filter(cell -> !NOT_AVAILABLE.contains(cell)).toList();
        boolean gaps = known.size() < cells.size();
        if (known.isEmpty()) {
            return cells.stream().map(cell -> NAN).toList();
        }
        if (known.stream().allMatch(cell -> cell.matches("(?i)true|false"))) {
            return map(cells, cell -> cell.equalsIgnoreCase("true") ? "True" : "False");
        }
        if (known.stream().allMatch(cell -> WHOLE.matcher(cell.strip()).matches())) {
            boolean fit = known.stream().allMatch(cell -> fitsInWords(new BigInteger(cell.strip())));
            return map(cells, cell -> !fit ? cell : gaps ? decimal(cell) : new BigInteger(cell.strip()).toString());
        }
        if (known.stream().allMatch(cell -> NUMBER.matcher(cell.strip()).matches())) {
            return map(cells, CsvCells::decimal);
        }
        return map(cells, cell -> cell);
    }

    private static List<String> map(List<String> cells, UnaryOperator<String> spelling) {
        return cells.stream()
                .map(cell -> NOT_AVAILABLE.contains(cell) ? NAN : spelling.apply(cell))
                .toList();
    }

    /** Whether pandas has a type for it: 64 bits, with or without a sign. */
    private static boolean fitsInWords(BigInteger number) {
        return number.bitLength() < Long.SIZE || (number.signum() > 0 && number.bitLength() == Long.SIZE);
    }

    private static String decimal(String cell) {
        return PythonText.repr(PythonText.number(cell).orElseThrow());
    }
}
