package dev.cria.eval.task;

import dev.cria.base.Suggestion;
import dev.cria.base.UserError;
import dev.cria.base.yaml.YamlSection;
import dev.cria.eval.metric.TextMatch;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads which metrics a task has: the list {@code metrics}. */
final class MetricReader {
    private static final Pattern PASS = Pattern.compile("pass@([1-9][0-9]{0,3})");

    private final YamlSection task;
    private final TaskKind kind;
    private final GoldRule gold;
    private final int repeats;

    MetricReader(YamlSection task, TaskKind kind, GoldRule gold, Optional<TaskSpec.Generation> generation) {
        this.task = task;
        this.kind = kind;
        this.gold = gold;
        this.repeats = generation.map(TaskSpec.Generation::repeats).orElse(1);
    }

    Map<String, MetricRule> read() {
        Map<String, MetricRule> metrics = new LinkedHashMap<>();
        YamlSection match = task.section("match");
        TextMatch textMatch = new TextMatch(
                match.flag("ignore_case", false),
                match.flag("ignore_punctuation", false),
                match.flag("ignore_numbers", false));
        match.finish();
        for (String name : task.exactTexts("metrics")) {
            metrics.put(name, rule(name, textMatch));
        }
        if (metrics.isEmpty()) {
            throw task.missing("metrics");
        }
        return metrics;
    }

    private MetricRule rule(String name, TextMatch match) {
        boolean drop = gold instanceof GoldRule.AllDropAnswers;
        return switch (kind) {
            case MULTIPLE_CHOICE ->
                switch (name) {
                    case "acc" -> MetricRule.ChoiceMetric.ACC;
                    case "acc_norm" -> MetricRule.ChoiceMetric.ACC_NORM;
                    case "acc_bytes" -> MetricRule.ChoiceMetric.ACC_BYTES;
                    case "exact_match" -> new MetricRule.GreedyGold();
                    default -> throw unknown(name, List.of("acc", "acc_norm", "acc_bytes", "exact_match"));
                };
            case GENERATION ->
                switch (drop ? "drop " + name : name) {
                    case "acc" -> new MetricRule.StartsWith();
                    case "exact_match" -> new MetricRule.ExactMatch(match);
                    case "drop em" -> new MetricRule.DropEm();
                    case "drop f1" -> new MetricRule.DropF1();
                    default -> throw unknown(name, drop ? List.of("em", "f1") : List.of("acc", "exact_match"));
                };
            case PROGRAM -> {
                Matcher pass = PASS.matcher(name);
                if (!pass.matches()) {
                    throw unknown(name, List.of("pass@1", "pass@10"));
                }
                int k = Integer.parseInt(pass.group(1));
                if (k > repeats) {
                    throw task.refuse("metrics", "asks for " + name + " of " + repeats + " programs", "raise repeats");
                }
                yield new MetricRule.PassK(k);
            }
        };
    }

    private UserError unknown(String name, List<String> known) {
        return task.refuse(
                "metrics",
                "names '" + name + "', which is none for this kind of task and gold",
                Suggestion.of(name, known).orElse("") + "allowed: " + String.join(", ", known));
    }
}
