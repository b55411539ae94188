package dev.cria.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.cria.base.UserError;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What templates give, compared with what Python's jinja2 gives, as transformers sets it up; {@code tools/jinja_cases.py} asked it. */
class JinjaReferenceTest {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-03-07T09:05:06Z"), ZoneOffset.UTC);

    static String resource(String name) {
        try (InputStream in = JinjaReferenceTest.class.getResourceAsStream("/jinja/" + name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static Map<String, Object> variables() {
        return MAPPER.readValue(resource("variables.json"), new TypeReference<Map<String, Object>>() {});
    }

    static List<Map<String, Object>> conversations() {
        return MAPPER.readValue(resource("conversations.json"), new TypeReference<List<Map<String, Object>>>() {});
    }

    @Test
    void rendersAndRefusesAsTheReference() {
        List<Map<String, Object>> conversations = conversations();
        Map<String, Object> variables = variables();
        Map<String, JinjaTemplate> parsed = new LinkedHashMap<>();
        int rendered = 0;
        int refused = 0;
        List<String> wrong = new ArrayList<>();
        for (String line : resource("cases.jsonl").split("\n")) {
            JsonNode row = MAPPER.readTree(line);
            boolean file = row.has("file");
            String name = row.path(file ? "file" : "template").stringValue();
            Map<String, Object> given =
                    file ? conversations.get(row.path("conversation").intValue()) : variables;
            String want = row.has("out") ? row.path("out").stringValue() : "refused";
            String got;
            try {
                JinjaTemplate template = file
                        ? parsed.computeIfAbsent(name, n -> JinjaTemplate.parse(n, resource(n)))
                        : JinjaTemplate.parse("a template", name);
                got = template.render(given, Optional.of(CLOCK));
                rendered++;
            } catch (UserError e) {
                assertThat(e.what()).contains("chat template: ");
                assertThat(e.hint()).isNotEmpty();
                got = "refused";
                refused++;
            }
            if (!got.equals(want)) {
                wrong.add(name + " " + row.path("conversation") + "\n  wants " + want + "\n  gives " + got);
            }
        }
        if (!wrong.isEmpty()) {
            fail(wrong.size() + " cases are wrong:\n" + String.join("\n", wrong));
        }
        assertThat(rendered).isGreaterThan(1000);
        assertThat(refused).isGreaterThan(100);
    }
}
