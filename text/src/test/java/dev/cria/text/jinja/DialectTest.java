package dev.cria.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.cria.base.UserError;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DialectTest {
    private static String prompt(String source, Map<String, ?> variables) {
        return JinjaTemplate.parse("task", source, Dialect.PROMPT).render(variables);
    }

    @Test
    void promptsKeepTheirLineFeeds() {
        assertThat(prompt("Q: {{q}}\n", Map.of("q", "why"))).isEqualTo("Q: why\n");
        assertThat(prompt("{% if q %}\n  {% set x = 1 %}\n{{q}}{% endif %}\n\n", Map.of("q", "why")))
                .isEqualTo("\n  \nwhy\n\n");
        assertThat(JinjaTemplate.parse("chat", "{% if q %}\n{{q}}{% endif %}\n").render(Map.of("q", "why")))
                .isEqualTo("why");
    }

    @Test
    void whatIsNotThereIsAnErrorInPrompts() {
        Map<String, ?> row = Map.of("choices", List.of("a"));
        for (String source :
                List.of("{{qestion}}", "{{choices[1]}}", "{% for x in qs %}{% endfor %}", "{{ x|join }}")) {
            assertThatThrownBy(() -> prompt(source, row))
                    .isInstanceOf(UserError.class)
                    .hasMessageContaining("task: prompt template");
            assertThat(JinjaTemplate.parse("chat", source).render(row)).isEmpty();
        }
    }
}
