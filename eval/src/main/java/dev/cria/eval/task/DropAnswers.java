package dev.cria.eval.task;

import dev.cria.eval.metric.PythonText;
import dev.cria.eval.rows.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The answers of a DROP row: that of its writer, {@code answer}, then those of its checkers, {@code validated_answers}, a group of equally
 * long lists. Each is a number, or spans, or a date, and the first of these that is there counts.
 */
final class DropAnswers {
    private DropAnswers() {}

    /**
     * Each different answer once, as its spans, in order; a date is one span of day, month and year. An annotator who wrote nothing gives
     * one blank span.
     *
     * @throws dev.cria.base.UserError where a part is missing or of another type
     */
    static List<List<String>> accepted(Row row) {
        Set<List<String>> answers = new LinkedHashSet<>();
        answers.add(answer(row, "answer"));
        List<?> numbers = row.list("validated_answers.number");
        for (String part : List.of("date", "spans")) {
            int size = row.list("validated_answers." + part).size();
            if (size != numbers.size()) {
                throw row.refuse("validated_answers has " + numbers.size() + " numbers and " + size + " of " + part);
            }
        }
        for (int i = 0; i < numbers.size(); i++) {
            Map<String, @Nullable Object> one = new LinkedHashMap<>();
            for (String part : List.of("number", "date", "spans")) {
                one.put(part, row.list("validated_answers." + part).get(i));
            }
            Map<String, @Nullable Object> values = new LinkedHashMap<>();
            values.put("validated_answers", one);
            answers.add(answer(new Row(values, row.file(), row.place()), "validated_answers"));
        }
        return new ArrayList<>(answers);
    }

    private static List<String> answer(Row row, String path) {
        Object number = row.get(path + ".number");
        if (number instanceof Long || number instanceof Double) {
            return List.of(number instanceof Double value ? PythonText.repr(value) : number.toString());
        }
        if (!row.text(path + ".number").isEmpty()) {
            return List.of(row.text(path + ".number"));
        }
        List<String> spans = row.texts(path + ".spans");
        if (!spans.isEmpty()) {
            return spans;
        }
        String date = path + ".date.";
        return List.of(PythonText.strip(
                row.text(date + "day") + " " + row.text(date + "month") + " " + row.text(date + "year")));
    }

    /** The one span that all annotators gave, less the white space around it; empty where they differ or wrote several. */
    static Optional<String> agreed(Row row) {
        Set<String> spans = new LinkedHashSet<>();
        for (List<String> answer : accepted(row)) {
            answer.stream()
                    .map(PythonText::strip)
                    .filter(span -> !span.isEmpty())
                    .forEach(spans::add);
        }
        return spans.size() == 1 ? Optional.of(spans.iterator().next()) : Optional.empty();
    }
}
