package dev.cria.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.ReferenceData;
import dev.cria.eval.metric.Aggregate;
import dev.cria.eval.metric.DocumentScore;
import dev.cria.eval.metric.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The reference's log-likelihoods and texts give the reference's metrics. */
class GoldenMetricsTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final TaskRegistry REGISTRY = TaskRegistry.builtIn();

    private static TaskData data() {
        return TaskData.in(ReferenceData.require("eval-data"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"stories260k", "stories260k-nobos", "random-llama-32k", "random-llama-32k-nobos"})
    void multipleChoice(String model) throws IOException {
        Path folder = ReferenceData.require("eval-golden/results/" + model);
        int tasks = 0;
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(path -> path.toString().endsWith(".results.json"))
                    .sorted()
                    .toList()) {
                JsonNode whole = JSON.readTree(Files.readString(file));
                if (whole.get("per_doc").get(0).has("choices")) {
                    choices(whole);
                    tasks++;
                }
            }
        }
        assertThat(tasks).isGreaterThanOrEqualTo(7);
    }

    private static void choices(JsonNode whole) {
        Task task = REGISTRY.find(whole.get("task").asString().replace('/', '_'));
        Map<Integer, Request> requests = new LinkedHashMap<>();
        task.requests(data(), whole.get("num_fewshot").asInt(), OptionalInt.empty())
                .forEach(request -> requests.put(request.doc(), request));
        Map<String, List<Double>> values = new LinkedHashMap<>();
        for (JsonNode doc : whole.get("per_doc")) {
            MultipleChoiceRequest request =
                    (MultipleChoiceRequest) requests.get(doc.get("doc").asInt());
            int n = doc.get("choices").size();
            double[] sums = new double[n];
            boolean[] greedy = new boolean[n];
            for (int i = 0; i < n; i++) {
                sums[i] = doc.get("choices").get(i).get("loglikelihood").asDouble();
                greedy[i] = doc.get("choices").get(i).get("is_greedy").asBoolean();
            }
            assertThat(request.gold()).isEqualTo(doc.get("gold").asInt());
            DocumentScore score = task.score(request, new Outcome.Choices(sums, greedy));
            score.values().forEach((metric, value) -> {
                assertThat(value)
                        .as("%s of %s", metric, doc.get("doc"))
                        .isEqualTo(doc.get(metric).asDouble());
                values.computeIfAbsent(metric, key -> new ArrayList<>()).add(value);
            });
        }
        JsonNode metrics = whole.get("metrics");
        assertThat(values.keySet()).containsExactlyElementsOf(metrics.propertyNames());
        values.forEach((metric, each) -> assertThat(Aggregate.of(each).value())
                .isEqualTo(metrics.get(metric).asDouble(), within(1e-12)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bbh_fewshot", "bbh_cot_fewshot"})
    void filteredTexts(String name) throws IOException {
        for (JsonNode line : GoldenRequestsTest.golden("metrics/" + name)) {
            Task task = REGISTRY.find(line.get("task").asString());
            GenerationRequest request = new GenerationRequest(
                    line.get("doc").asInt(),
                    "",
                    List.of(),
                    1,
                    0,
                    new Gold.Text(line.get("target").asString()));
            DocumentScore score = task.score(
                    request, new Outcome.Texts(List.of(line.get("output").asString())));
            assertThat(score.filtered()).containsExactly(line.get("filtered").asString());
            assertThat(score.values())
                    .containsExactly(
                            Map.entry("exact_match", line.get("exact_match").asDouble()));
            assertThat(task.metrics())
                    .containsExactly(
                            new MetricInfo("exact_match", line.get("filter").asString(), true));
        }
    }

    @Test
    void dropGivesBothMetrics() throws IOException {
        Task task = REGISTRY.find("drop");
        for (JsonNode line : GoldenRequestsTest.golden("metrics/drop_dev")) {
            List<List<String>> answers = new ArrayList<>();
            line.get("answers").forEach(answer -> answers.add(GoldenRequestsTest.texts(answer)));
            DocumentScore score = task.score(
                    new GenerationRequest(0, "", List.of(), 1, 0, new Gold.Answers(answers)),
                    new Outcome.Texts(List.of(line.get("output").asString())));
            assertThat(score.values())
                    .containsExactly(
                            Map.entry("em", line.get("em").asDouble()),
                            Map.entry("f1", line.get("f1").asDouble()));
        }
    }
}
