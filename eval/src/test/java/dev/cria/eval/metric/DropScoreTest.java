package dev.cria.eval.metric;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.base.ReferenceData;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class DropScoreTest {
    private static final JsonMapper JSON = new JsonMapper();

    private static void check(JsonNode answers, String output, double em, double f1) {
        List<List<String>> accepted = new ArrayList<>();
        for (JsonNode answer : answers) {
            List<String> spans = new ArrayList<>();
            answer.forEach(span -> spans.add(span.asString()));
            accepted.add(spans);
        }
        assertThat(DropScore.of(output, accepted))
                .as("%s for %s", output, answers)
                .isEqualTo(new DropScore(em, f1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"drop_dev", "drop_contrast"})
    void goldenOutputs(String name) throws IOException {
        int lines = 0;
        for (String line : Files.readString(ReferenceData.require("eval-golden/metrics/" + name + ".jsonl"))
                .split("\n")) {
            JsonNode expected = JSON.readTree(line);
            check(
                    expected.get("answers"),
                    expected.get("output").asString(),
                    expected.get("em").asDouble(),
                    expected.get("f1").asDouble());
            lines++;
        }
        assertThat(lines).isGreaterThan(100);
    }

    /** Made-up answers, scored once by the harness: prediction, accepted answers, exact match, F1. */
    @Test
    void theHarnessScoresTheseSo() {
        String[] cases = {
            "['the Blue  Whale', [['a blue whale']], 1, 1]",
            "['blue-whale', [['Blue whale']], 1, 1]",
            "['3', [['3.0']], 1, 1]",
            "['three', [['3']], 0, 0]",
            "['$1,000', [['1000']], 1, 1]",
            "['1_000', [['1000']], 1, 1]",
            "['1e3 men', [['1000 men']], 1, 1]",
            "['nan', [['NaN']], 1, 1]",
            "['-5', [['5']], 1, 1]",
            "['12 years', [['12']], 0, 0.67]",
            "['13 years', [['12 years']], 0, 0]",
            "['red and green', [['red', 'green']], 0, 0.25]",
            "['red', [['red', 'green', 'blue']], 0, 0.33]",
            "['', [['']], 0, 0]",
            "['', [['the']], 1, 1]",
            "['  ', [['an apple'], [' ']], 0, 0]",
            "['theatre', [['theatre', 'the atre']], 0, 0.5]",
            "['Z\u00fcrich, Gen\u00e8ve', [['z\u00fcrich gen\u00e8ve']], 1, 1]",
            "['a\u0301 the', [['x'], ['\u0301']], 1, 1]",
            "['5 May 1998', [['May 1998'], ['5 May']], 0, 0.8]",
            "['1.50', [['1.5']], 1, 1]",
            "['.5', [['0.5']], 1, 1]",
            "['10000000000000000', [['1e16']], 1, 1]",
            "['0.00001', [['1e-05']], 0, 0]",
            "['the team scored 7 and 12 points', [['7'], ['12 points', '7']], 0, 0.29]",
            "['A.B.C.', [['abc']], 1, 1]",
            "['An a the', [['of']], 0, 0]",
            "['\u0663', [['3']], 1, 1]",
            "['INFINITY', [['inf']], 1, 1]",
            "['one two three four five six seven', [['one two']], 0, 0.44]",
            "['the\u00a0end', [['end']], 1, 1]",
            "['a_b', [['ab']], 1, 1]",
        };
        for (String each : cases) {
            JsonNode line = JSON.readTree(each.replace('\'', '"'));
            check(
                    line.get(1),
                    line.get(0).asString(),
                    line.get(2).asDouble(),
                    line.get(3).asDouble());
        }
    }
}
