package dev.cria.eval.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.cria.eval.run.EvaluationResult;
import dev.cria.eval.task.TaskRegistry;
import java.io.StringReader;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.dataformat.yaml.YAMLMapper;

class ReportsTest {
    private static final EvaluationResult WHOLE = SampleResult.commonsense("my/model", OptionalInt.empty());

    @Test
    void theTextTableAligns() {
        List<String> lines = TextTable.render(WHOLE);
        assertThat(lines)
                .contains(
                        "Task           Version  Shots  Docs  Filter  Metric       Value",
                        "hellaswag          0.5      0  1000  none    acc ↑       0.2500  ± 0.0125",
                        "                                     none    acc_norm ↑  0.2500  ± 0.0125",
                        "Group                  Version  Shots  Docs  Filter  Metric      Value",
                        "tinyllama_commonsense                  7000  none    average ↑  0.4375")
                .allSatisfy(line -> assertThat(line).doesNotEndWith(" "));
        assertThat(TextTable.render(SampleResult.commonsense("m", OptionalInt.of(10))))
                .anySatisfy(line -> assertThat(line).contains("  10 of 1000  "));
    }

    @Test
    void theJsonHasTheHarnesssLayout() {
        JsonNode root = JsonMapper.shared()
                .readTree(HarnessJson.render(WHOLE, List.of(SampleResult.arcEasy()), Optional.empty(), "1.2"));
        JsonNode arc = root.path("results").path("arc_easy");
        assertThat(arc.path("alias").stringValue()).isEqualTo("arc_easy");
        assertThat(arc.path("acc,none").doubleValue()).isEqualTo(0.5);
        assertThat(arc.path("acc_stderr,none").doubleValue()).isEqualTo(0.0125);
        assertThat(arc.path("acc_norm,none").doubleValue()).isEqualTo(0.5);
        assertThat(root.at("/results/boolq").has("acc_norm,none")).isFalse();
        assertThat(root.at("/groups/tinyllama_commonsense/average,none").doubleValue())
                .isEqualTo(0.4375);
        assertThat(root.at("/results/tinyllama_commonsense/average_stderr,none").stringValue())
                .isEqualTo("N/A");
        assertThat(root.at("/group_subtasks/tinyllama_commonsense").size()).isEqualTo(7);
        assertThat(root.at("/configs/arc_easy/dataset_path").stringValue()).isEqualTo("allenai/ai2_arc");
        assertThat(root.at("/configs/arc_easy/dataset_name").stringValue()).isEqualTo("ARC-Easy");
        assertThat(root.at("/configs/arc_easy/output_type").stringValue()).isEqualTo("multiple_choice");
        assertThat(root.at("/configs/piqa/num_fewshot").intValue()).isZero();
        assertThat(root.at("/versions/arc_easy").doubleValue()).isEqualTo(0.5);
        assertThat(root.at("/n-shot/tinyllama_commonsense").isInt()).isTrue();
        assertThat(root.at("/higher_is_better/piqa/acc_norm").booleanValue()).isTrue();
        assertThat(root.at("/n-samples/piqa/original").intValue()).isEqualTo(1000);
        assertThat(root.at("/config/model_args").stringValue()).isEqualTo("pretrained=my/model,add_bos_token=True");
        assertThat(root.at("/config/limit").isNull()).isTrue();
        assertThat(root.path("date").doubleValue()).isEqualTo(1795456800.0);
        assertThat(root.path("model_name_sanitized").stringValue()).isEqualTo("my__model");
        assertThat(root.path("total_evaluation_time_seconds").stringValue()).isEqualTo("12.5");
    }

    @Test
    void theModelIndexNamesTaskDataAndMetrics() {
        JsonNode results = YAMLMapper.shared()
                .readTree(ModelIndex.render(
                        SampleResult.commonsense("my/model: \"x\" #1", OptionalInt.of(5)),
                        List.of(SampleResult.arcEasy())))
                .at("/model-index/0");
        assertThat(results.path("name").stringValue()).isEqualTo("my/model: \"x\" #1");
        JsonNode arc = results.at("/results/4");
        assertThat(arc.at("/task/type").stringValue()).isEqualTo("text-generation");
        assertThat(arc.at("/dataset/type").stringValue()).isEqualTo("allenai/ai2_arc");
        assertThat(arc.at("/dataset/config").stringValue()).isEqualTo("ARC-Easy");
        assertThat(arc.at("/dataset/split").stringValue()).isEqualTo("test");
        assertThat(arc.at("/dataset/args/limit").intValue()).isEqualTo(5);
        assertThat(arc.at("/metrics/1/type").stringValue()).isEqualTo("acc_norm");
        assertThat(arc.at("/metrics/1/value").doubleValue()).isEqualTo(0.5);
        assertThat(arc.at("/metrics/1/args/stderr").doubleValue()).isEqualTo(0.0125);
    }

    @Test
    void thePageComparesWithPublishedFigures() throws Exception {
        String page = HtmlReport.render(WHOLE);
        assertThat(page)
                .contains("<figcaption>Average</figcaption>")
                .contains("<td class=\"n\">43.75</td>")
                .contains("<td class=\"n\">52.99</td>")
                .contains("EVAL.md of jzhang38/TinyLlama")
                .doesNotContain("Problem solving")
                .doesNotContain("Only the first");
        assertThat(Pattern.compile("\\b(src|href)=|url\\(").matcher(page).find())
                .isFalse();
        wellFormed(page);
        assertThat(HtmlReport.render(SampleResult.commonsense("m", OptionalInt.of(10))))
                .contains("Only the first 10 documents");
    }

    @Test
    void whateverAModelIsCalledThePageStaysWhole() throws Exception {
        String name = "</title><script>alert('x')</script>\"&<img src=x>\u0000\ud800𝄞 " + "long".repeat(40);
        String page = HtmlReport.render(SampleResult.commonsense(name, OptionalInt.empty()));
        assertThat(page).doesNotContain("<script").doesNotContain("<img").contains("&lt;script&gt;");
        wellFormed(page);
        EvaluationResult bare =
                new EvaluationResult(WHOLE.model(), WHOLE.settings(), List.of(), List.of(), WHOLE.started(), 0);
        wellFormed(HtmlReport.render(bare));
        assertThat(TextTable.render(bare)).hasSize(2);
    }

    @Test
    void publishedFiguresAreWholeAndTheirMeansRight() {
        PublishedScores published = PublishedScores.load();
        assertThat(published.tables()).hasSize(2);
        for (PublishedScores.Table table : published.tables()) {
            for (PublishedScores.Row row : table.rows()) {
                assertThat(row.values()).as(row.model()).hasSameSizeAs(table.columns());
                row.average()
                        .ifPresent(mean -> assertThat(row.values().stream()
                                        .mapToDouble(v -> v)
                                        .average()
                                        .getAsDouble())
                                .as(row.model())
                                .isCloseTo(mean, org.assertj.core.data.Offset.offset(0.02)));
            }
        }
        assertThat(published.tables().getFirst().rows())
                .hasSize(8)
                .allMatch(row -> row.average().isPresent());
    }

    @Test
    void columnsOfPublishedTablesAreTasksOfCria() {
        TaskRegistry registry = TaskRegistry.builtIn();
        for (PublishedScores.Table table : PublishedScores.load().tables()) {
            for (PublishedScores.Column column : table.columns()) {
                for (String name : column.tasks()) {
                    boolean known = registry.groups().containsKey(name)
                            ? registry.groups().get(name).metrics().contains(column.metric())
                            : registry.find(name).metrics().stream()
                                    .anyMatch(metric -> metric.name().equals(column.metric()) && metric.main());
                    assertThat(known).as(name + " " + column.metric()).isTrue();
                }
            }
        }
    }

    /** The page without what only HTML knows is XML: every tag closed, everything escaped. */
    private static void wellFormed(String page) throws Exception {
        String xml = page.replaceFirst("<!doctype html>", "").replaceAll("<meta ([^>]*)>", "<meta $1/>");
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new InputSource(new StringReader(xml)));
    }
}
