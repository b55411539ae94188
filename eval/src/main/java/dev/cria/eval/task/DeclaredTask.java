package dev.cria.eval.task;

import dev.cria.base.UserError;
import dev.cria.eval.metric.ChoiceScore;
import dev.cria.eval.metric.DocumentScore;
import dev.cria.eval.metric.Outcome;
import dev.cria.eval.rows.Row;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** A task that a YAML file declares. */
final class DeclaredTask implements Task {
    private final TaskSpec spec;
    private final Prompts prompts;

    DeclaredTask(TaskSpec spec) {
        this.spec = spec;
        this.prompts = new Prompts(spec);
    }

    @Override
    public String name() {
        return spec.name();
    }

    @Override
    public String title() {
        return spec.title();
    }

    @Override
    public double version() {
        return spec.version();
    }

    @Override
    public TaskKind kind() {
        return spec.kind();
    }

    @Override
    public int shots() {
        return spec.shots().count();
    }

    @Override
    public int repeats() {
        return spec.generation().map(TaskSpec.Generation::repeats).orElse(1);
    }

    @Override
    public List<MetricInfo> metrics() {
        String filter = filter().name();
        return spec.metrics().keySet().stream()
                .map(name -> new MetricInfo(name, filter, name.equals(spec.mainMetric())))
                .toList();
    }

    @Override
    public Dataset dataset() {
        return spec.dataset();
    }

    @Override
    public List<String> groups() {
        return spec.groups();
    }

    @Override
    public int available(TaskData data, int shots) {
        return choose(data, shots, OptionalInt.empty()).asked().size();
    }

    @Override
    public List<Request> requests(TaskData data, int shots, OptionalInt limit, Optional<TokenCounter> counter) {
        Shots.Chosen chosen = choose(data, shots, limit);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < chosen.asked().size(); i++) {
            requests.add(
                    prompts.request(chosen.asked().get(i), chosen.examples().get(i), counter));
        }
        return requests;
    }

    private Shots.Chosen choose(TaskData data, int shots, OptionalInt limit) {
        if (shots < 0 || limit.orElse(1) < 1) {
            throw new UserError(
                    name() + ": " + shots + " examples, " + limit.orElse(1) + " documents",
                    "--shots is at least 0 and --limit at least 1");
        }
        List<Document> asked = documents(data.rows(dataset(), dataset().split()));
        boolean pooled = shots > 0 && !spec.shots().fromAsked();
        List<Document> pool = pooled ? documents(spec.shots().pool(data, dataset())) : List.of();
        if (asked.isEmpty()) {
            throw new UserError(
                    name() + ": its rule leaves none of the rows of "
                            + dataset().files(),
                    "check the data");
        }
        return spec.shots().choose(asked, pool, shots, limit.orElse(Integer.MAX_VALUE), name());
    }

    private List<Document> documents(List<Row> rows) {
        for (Row row : rows) {
            spec.fields().forEach((path, type) -> type.check(row, path));
        }
        return spec.rows().documents(rows);
    }

    private TextFilter filter() {
        return spec.generation().map(TaskSpec.Generation::filter).orElse(TextFilter.NONE);
    }

    @Override
    public String filtered(GenerationRequest request, String generated) {
        String filtered = filter().apply(generated);
        return request.gold() instanceof Gold.Program program ? program.prompt() + filtered : filtered;
    }

    @Override
    public DocumentScore score(Request request, Outcome outcome) {
        if (request instanceof MultipleChoiceRequest choices && outcome instanceof Outcome.Choices scored) {
            return score(choices, scored);
        }
        if (request instanceof GenerationRequest generation) {
            if (outcome instanceof Outcome.Texts texts && !(generation.gold() instanceof Gold.Program)) {
                return score(generation, texts);
            }
            if (outcome instanceof Outcome.Programs programs && generation.gold() instanceof Gold.Program) {
                return score(programs);
            }
        }
        throw new IllegalArgumentException(name() + ": " + outcome.getClass().getSimpleName() + " is no outcome of "
                + request.getClass().getSimpleName());
    }

    private DocumentScore score(MultipleChoiceRequest request, Outcome.Choices outcome) {
        ChoiceScore score;
        try {
            score = ChoiceScore.of(outcome.logLikelihoods(), request.choiceLengths(), request.choiceBytes());
        } catch (IllegalArgumentException e) {
            throw UserError.failed(
                    name() + ", document " + request.doc() + ": " + e.getMessage(),
                    "the model's weights may be damaged, or its training has diverged");
        }
        Map<String, Double> values = new LinkedHashMap<>();
        spec.metrics().forEach((metric, rule) -> {
            if (rule instanceof MetricRule.OfChoices ofChoices) {
                values.put(metric, ofChoices.value(score, outcome.greedy(), request.gold()));
            }
        });
        return new DocumentScore(values, List.of());
    }

    private DocumentScore score(GenerationRequest request, Outcome.Texts outcome) {
        List<String> filtered = outcome.generated().stream()
                .map(text -> filtered(request, text))
                .toList();
        if (filtered.isEmpty()) {
            throw new IllegalArgumentException(name() + ", document " + request.doc() + ": no text was generated");
        }
        Map<String, Double> values = new LinkedHashMap<>();
        spec.metrics().forEach((metric, rule) -> {
            if (rule instanceof MetricRule.OfText ofText) {
                values.put(metric, ofText.value(filtered.getFirst(), request.gold()));
            }
        });
        return new DocumentScore(values, filtered);
    }

    private DocumentScore score(Outcome.Programs outcome) {
        Map<String, Double> values = new LinkedHashMap<>();
        spec.metrics().forEach((metric, rule) -> {
            if (rule instanceof MetricRule.PassK pass) {
                values.put(metric, pass.value(outcome.tried(), outcome.passed()));
            }
        });
        return new DocumentScore(values, List.of());
    }
}
