package dev.cria.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.cria.base.JsonFiles;
import dev.cria.base.ReferenceData;
import dev.cria.eval.task.Selection;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskData;
import dev.cria.model.Golden;
import dev.cria.model.LlamaModel;
import dev.cria.tensor.Device;
import dev.cria.tensor.cpu.Tier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Aggregated metrics and generated texts as lm-evaluation-harness has them, through the whole runner. */
class EvaluationGoldenTest {
    @TempDir
    private Path directory;

    private record Expected(GoldenTask task, JsonNode results) {}

    private static Expected expected(String results, String task) throws Exception {
        Path file = ReferenceData.require("eval-golden/results/" + results + "/" + task + ".results.json");
        JsonNode root = JsonFiles.readObject(file, 64L << 20);
        List<Integer> documents = root.get("per_doc")
                .valueStream()
                .map(document -> document.get("doc").intValue())
                .toList();
        return new Expected(GoldenTask.of(task, documents), root);
    }

    private EvaluationResult run(List<Expected> expected, String model, boolean bos, Optional<Path> log)
            throws Exception {
        try (Device device = Golden.open(Tier.NATIVE);
                LlamaModel llama = LlamaModel.load(ReferenceData.require("golden/" + model), device)) {
            EvaluationOptions options = EvaluationOptions.defaults().withBos(bos);
            for (Expected each : expected) {
                JsonNode most = each.results.path("max_gen_toks");
                options = most.isInt() ? options.withMaxNewTokens(OptionalInt.of(most.intValue())) : options;
            }
            Selection selection =
                    new Selection(expected.stream().<Task>map(Expected::task).toList(), List.of());
            return new Evaluation(llama, model, llama.tokenizer().orElseThrow(), options, Optional.empty())
                    .run(selection, TaskData.in(directory), log, EvaluationListener.none());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "stories260k, stories260k-hf, true",
        "stories260k-nobos, stories260k-hf, false",
        "random-llama-32k, random-llama-32k-hf, true",
        "random-llama-32k-nobos, random-llama-32k-hf, false"
    })
    void theSevenTasksHaveTheHarnesssMetrics(String results, String model, boolean bos) throws Exception {
        List<Expected> expected = new ArrayList<>();
        for (String task :
                List.of("hellaswag", "openbookqa", "winogrande", "arc_easy", "arc_challenge", "boolq", "piqa")) {
            expected.add(expected(results, task));
        }
        EvaluationResult result = run(expected, model, bos, Optional.empty());
        for (int i = 0; i < expected.size(); i++) {
            EvaluationResult.TaskResult task = result.tasks().get(i);
            JsonNode metrics = expected.get(i).results.get("metrics");
            assertThat(metrics.has("acc")).isTrue();
            for (Map.Entry<String, JsonNode> metric : metrics.properties()) {
                assertThat(task.metric(metric.getKey()).orElseThrow().value())
                        .as(task.name() + " " + metric.getKey())
                        .isCloseTo(metric.getValue().doubleValue(), within(5e-5));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "stories260k, stories260k-hf, bbh_fewshot/navigate",
        "stories260k, stories260k-hf, drop/dev_0shot",
        "stories260k, stories260k-hf, humaneval",
        "stories260k, stories260k-hf, bbh_cot_fewshot/word_sorting",
        "random-llama-32k, random-llama-32k-hf, bbh_fewshot/date_understanding"
    })
    void generatedTextsAreTheHarnesss(String results, String model, String task) throws Exception {
        compareTexts(results, model, task);
    }

    /** The rest of the files. */
    @Tag("slow")
    @ParameterizedTest
    @CsvSource({
        "stories260k, stories260k-hf, bbh_fewshot/boolean_expressions",
        "stories260k, stories260k-hf, bbh_fewshot/date_understanding",
        "stories260k, stories260k-hf, bbh_fewshot/word_sorting",
        "stories260k, stories260k-hf, bbh_cot_fewshot/boolean_expressions",
        "stories260k, stories260k-hf, bbh_cot_fewshot/date_understanding",
        "stories260k, stories260k-hf, bbh_cot_fewshot/navigate",
        "stories260k, stories260k-hf, drop/dev_3shot",
        "stories260k, stories260k-hf, drop/contrast_0shot",
        "stories260k, stories260k-hf, drop/contrast_3shot",
        "random-llama-32k, random-llama-32k-hf, bbh_fewshot/boolean_expressions",
        "random-llama-32k, random-llama-32k-hf, bbh_fewshot/navigate",
        "random-llama-32k, random-llama-32k-hf, bbh_fewshot/word_sorting",
        "random-llama-32k, random-llama-32k-hf, drop/contrast_3shot"
    })
    void allOtherGeneratedTextsAreTheHarnesss(String results, String model, String task) throws Exception {
        compareTexts(results, model, task);
    }

    private void compareTexts(String results, String model, String task) throws Exception {
        Expected expected = expected(results, task);
        Path log = directory.resolve("log.jsonl");
        run(List.of(expected), model, true, Optional.of(log));
        Map<Integer, DocumentResult> documents = Files.readAllLines(log).stream()
                .skip(1)
                .map(line ->
                        DocumentJson.read(JsonMapper.shared().readTree(line)).orElseThrow())
                .collect(Collectors.toMap(DocumentResult::doc, document -> document, (a, b) -> a, TreeMap::new));
        for (JsonNode document : expected.results.get("per_doc")) {
            DocumentResult found = documents.get(document.get("doc").intValue());
            DocumentResult.Generated generated = (DocumentResult.Generated) found.outcome();
            assertThat(generated.contextTokens())
                    .isEqualTo(document.get("context_tokens").intValue());
            assertThat(generated.contextTokensKept())
                    .isEqualTo(document.get("context_tokens_kept").intValue());
            assertThat(generated.texts().getFirst())
                    .as("document " + document.get("doc"))
                    .isEqualTo(document.get("generated").stringValue());
        }
    }
}
