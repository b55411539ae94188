package dev.cria.eval.task;

import dev.cria.eval.rows.Row;
import java.util.ArrayList;
import java.util.List;

/** What happens to the rows of a split before they are asked. */
enum RowRule {
    /** Nothing. */
    AS_THEY_ARE {
        @Override
        List<Document> apply(List<Document> documents) {
            return documents;
        }
    },
    /** DROP in InstructEval: only rows whose annotators all agree on one span. */
    AGREED_DROP_ANSWERS {
        @Override
        List<Document> apply(List<Document> documents) {
            return documents.stream()
                    .filter(document -> DropAnswers.agreed(document.row()).isPresent())
                    .toList();
        }
    },
    /** MMLU in InstructEval: question and choices go through a CSV file and come back as pandas reads it. */
    CSV_CELLS {
        @Override
        List<Document> apply(List<Document> documents) {
            return CsvCells.apply(documents);
        }
    };

    abstract List<Document> apply(List<Document> documents);

    /** The rows in order, numbered, and what this rule makes of them. */
    List<Document> documents(List<Row> rows) {
        List<Document> documents = new ArrayList<>();
        for (Row row : rows) {
            documents.add(new Document(documents.size(), row));
        }
        return apply(documents);
    }
}
