package dev.cria.eval.run;

import dev.cria.base.JsonFiles;
import dev.cria.base.ReferenceData;
import dev.cria.eval.metric.DocumentScore;
import dev.cria.eval.metric.Outcome;
import dev.cria.eval.task.Dataset;
import dev.cria.eval.task.GenerationRequest;
import dev.cria.eval.task.Gold;
import dev.cria.eval.task.MetricInfo;
import dev.cria.eval.task.MultipleChoiceRequest;
import dev.cria.eval.task.Request;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskData;
import dev.cria.eval.task.TaskKind;
import dev.cria.eval.task.TokenCounter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** A task whose requests are those that the reference harness wrote down, so that the runner is tested apart from the making of requests. */
record GoldenTask(String name, List<Request> all, double version) implements Task {
    /** Requests of a file, those of these documents. */
    static GoldenTask of(String name, List<Integer> documents) throws Exception {
        Path file = ReferenceData.require("eval-golden/" + name + ".jsonl");
        List<String> lines = Files.readAllLines(file);
        List<Request> requests = new ArrayList<>();
        for (int doc : documents) {
            requests.add(request(JsonFiles.parseObject(lines.get(doc).getBytes(StandardCharsets.UTF_8), file)));
        }
        return new GoldenTask(name, requests, 1);
    }

    /** The first documents of a file. */
    static GoldenTask first(String name, int count) throws Exception {
        return of(name, Stream.iterate(0, i -> i + 1).limit(count).toList());
    }

    private static Request request(JsonNode node) {
        int doc = node.get("doc").intValue();
        if (!node.has("continuations")) {
            return new GenerationRequest(
                    doc,
                    node.get("context").stringValue(),
                    texts(node.get("until")),
                    node.get("max_gen_toks").isNull()
                            ? 256
                            : node.get("max_gen_toks").intValue(),
                    0,
                    new Gold.Text(node.path("gold").asString("")));
        }
        List<String> continuations = texts(node.get("continuations"));
        List<String> contexts = node.has("contexts")
                ? texts(node.get("contexts"))
                : continuations.stream()
                        .map(continuation -> node.get("context").stringValue())
                        .toList();
        return new MultipleChoiceRequest(
                doc,
                contexts,
                continuations,
                node.get("gold").intValue(),
                numbers(node.get("choice_lengths")),
                numbers(node.get("choice_bytes")));
    }

    private static List<String> texts(JsonNode array) {
        return array.valueStream().map(JsonNode::stringValue).toList();
    }

    private static int[] numbers(JsonNode array) {
        return array.valueStream().mapToInt(JsonNode::intValue).toArray();
    }

    @Override
    public String title() {
        return name;
    }

    @Override
    public TaskKind kind() {
        return all.isEmpty() || all.getFirst() instanceof MultipleChoiceRequest
                ? TaskKind.MULTIPLE_CHOICE
                : TaskKind.GENERATION;
    }

    @Override
    public int shots() {
        return 0;
    }

    @Override
    public int repeats() {
        return 1;
    }

    @Override
    public List<MetricInfo> metrics() {
        return kind() == TaskKind.GENERATION
                ? List.of(new MetricInfo("exact_match", "none", true))
                : List.of(new MetricInfo("acc", "none", true), new MetricInfo("acc_norm", "none", false));
    }

    @Override
    public Dataset dataset() {
        return new Dataset("none", Optional.empty(), name, "test", Optional.empty());
    }

    @Override
    public List<Request> requests(TaskData data, int shots, OptionalInt limit, Optional<TokenCounter> counter) {
        return all.subList(0, Math.min(all.size(), limit.orElse(all.size())));
    }

    @Override
    public String filtered(GenerationRequest request, String generated) {
        return generated;
    }

    @Override
    public DocumentScore score(Request request, Outcome outcome) {
        Map<String, Double> values = new LinkedHashMap<>();
        if (request instanceof MultipleChoiceRequest choices && outcome instanceof Outcome.Choices scored) {
            double[] sums = scored.logLikelihoods();
            double[] perCharacter = new double[sums.length];
            for (int i = 0; i < sums.length; i++) {
                perCharacter[i] = sums[i] / choices.choiceLengths()[i];
            }
            values.put("acc", best(sums) == choices.gold() ? 1.0 : 0.0);
            values.put("acc_norm", best(perCharacter) == choices.gold() ? 1.0 : 0.0);
            return new DocumentScore(values, List.of());
        }
        String text = ((Outcome.Texts) outcome).generated().getFirst();
        Gold gold = ((GenerationRequest) request).gold();
        values.put("exact_match", text.equals(((Gold.Text) gold).text()) ? 1.0 : 0.0);
        return new DocumentScore(values, List.of(text));
    }

    private static int best(double[] values) {
        int best = 0;
        for (int i = 1; i < values.length; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }
}
