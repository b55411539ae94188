package dev.cria.text.jinja;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.UserError;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Templates that were changed at random, or never were templates: they render or are refused, and nothing else. */
class JinjaFuzzTest {
    private static final String[] PARTS = {
        "{{",
        "}}",
        "{%",
        "%}",
        "{#",
        "#}",
        "-",
        "+",
        "|",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        ".",
        "=",
        "==",
        "~",
        "*",
        "**",
        "//",
        "%",
        "<",
        " if ",
        " else ",
        " for ",
        " in ",
        " is ",
        " not ",
        " and ",
        " set ",
        " endif ",
        " endfor ",
        " macro f(a) ",
        " endmacro ",
        " raw ",
        " endraw ",
        "loop",
        "messages",
        "'",
        "\"",
        "\\",
        "\n",
        "0",
        "-1",
        "9223372036854775807",
        "1e308",
        "none",
        "true",
        "undef",
        "namespace()",
        "range(9)",
        "range(99999)",
        "'x' * 99999",
        "tojson",
        "map('list')",
        "list",
        "sort",
        "length",
        "split",
        "\u2581",
        "\ud83d",
        "\ud83d\ude00"
    };

    private static List<String> corpus() {
        JsonMapper mapper = JsonMapper.builder().build();
        List<String> corpus = new ArrayList<>();
        for (String line : JinjaReferenceTest.resource("cases.jsonl").split("\n")) {
            JsonNode row = mapper.readTree(line);
            if (row.has("template")) {
                corpus.add(row.path("template").stringValue());
            }
        }
        for (String file : List.of("inst", "headers", "brackets", "tags", "chatml", "thinking", "turns", "macros")) {
            for (int i = 0; i < 60; i++) {
                corpus.add(JinjaReferenceTest.resource(file + ".jinja"));
            }
        }
        return corpus;
    }

    private static String mutate(String template, List<String> corpus, Random random) {
        StringBuilder text = new StringBuilder(template);
        for (int change = random.nextInt(4); change >= 0; change--) {
            int at = random.nextInt(text.length() + 1);
            int to = Math.min(text.length(), at + random.nextInt(12));
            switch (random.nextInt(6)) {
                case 0 -> text.insert(at, PARTS[random.nextInt(PARTS.length)]);
                case 1 -> text.replace(at, to, PARTS[random.nextInt(PARTS.length)]);
                case 2 -> text.delete(at, to);
                case 3 -> text.insert(at, text.substring(at, to));
                case 4 -> text.insert(at, corpus.get(random.nextInt(corpus.size())));
                default -> text.setLength(at);
            }
        }
        return text.toString();
    }

    private static int tryAll(int rounds, long seed) {
        Random random = new Random(seed);
        List<String> corpus = corpus();
        Map<String, Object> variables = JinjaReferenceTest.variables();
        List<Map<String, Object>> conversations = JinjaReferenceTest.conversations();
        int refused = 0;
        for (int round = 0; round < rounds; round++) {
            String template = mutate(corpus.get(random.nextInt(corpus.size())), corpus, random);
            Map<String, Object> given =
                    random.nextInt(3) > 0 ? variables : conversations.get(random.nextInt(conversations.size()));
            long begun = System.nanoTime();
            try {
                assertThat(JinjaTemplate.parse("t", template).render(given)).isNotNull();
            } catch (UserError e) {
                assertThat(e.what()).startsWith("t: chat template: ");
                refused++;
            } catch (RuntimeException | StackOverflowError e) {
                throw new AssertionError("template: " + template, e);
            }
            assertThat(System.nanoTime() - begun).as(template).isLessThan(20_000_000_000L);
        }
        return refused;
    }

    @Timeout(120)
    @Test
    void aThousandMutations() {
        assertThat(tryAll(1000, 1)).isBetween(200, 950);
    }

    @Tag("slow")
    @Timeout(900)
    @Test
    void thirtyThousandMutations() {
        assertThat(tryAll(30_000, 2)).isBetween(6000, 28_500);
    }
}
