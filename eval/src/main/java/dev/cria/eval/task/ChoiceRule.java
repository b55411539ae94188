package dev.cria.eval.task;

import dev.cria.eval.rows.Row;
import java.util.List;

/** Where the choices of a question come from. */
sealed interface ChoiceRule {
    /** @throws dev.cria.base.UserError where the row has no choices */
    List<String> choices(Row row);

    /** A field that is a list of texts. */
    record Field(String path) implements ChoiceRule {
        @Override
        public List<String> choices(Row row) {
            List<String> choices = row.texts(path);
            if (choices.isEmpty()) {
                throw row.refuse(path + " is empty: there is nothing to choose from");
            }
            return choices;
        }
    }

    /** A template for each. */
    record Templates(List<PromptTemplate> templates) implements ChoiceRule {
        @Override
        public List<String> choices(Row row) {
            return templates.stream().map(template -> template.render(row)).toList();
        }
    }
}
