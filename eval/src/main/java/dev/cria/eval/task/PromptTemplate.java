package dev.cria.eval.task;

import dev.cria.base.UserError;
import dev.cria.eval.rows.Row;
import dev.cria.text.jinja.Dialect;
import dev.cria.text.jinja.JinjaTemplate;

/** A text with places for a row's fields, in Jinja as lm-evaluation-harness sets it up: {@code Question: {{question}}}. */
final class PromptTemplate {
    private final JinjaTemplate template;

    private PromptTemplate(JinjaTemplate template) {
        this.template = template;
    }

    /**
     * @param where file and key, for messages
     * @throws UserError where the text is no template
     */
    static PromptTemplate of(String source, String where) {
        return new PromptTemplate(JinjaTemplate.parse(where, source, Dialect.PROMPT));
    }

    /** @throws UserError where the row lacks what the template asks for, naming the row */
    String render(Row row) {
        try {
            return template.render(row.values());
        } catch (UserError e) {
            throw new UserError(row.where() + ": " + e.what(), e.hint(), e);
        }
    }
}
