package dev.cria.cli.jobs;

import dev.cria.base.UserError;
import dev.cria.eval.run.Evaluation;
import dev.cria.eval.run.EvaluationOptions;
import dev.cria.eval.run.EvaluationResult;
import dev.cria.eval.run.EvaluationResult.GroupResult;
import dev.cria.eval.run.EvaluationResult.MetricValue;
import dev.cria.eval.run.EvaluationResult.TaskResult;
import dev.cria.eval.task.GenerationRequest;
import dev.cria.eval.task.MetricInfo;
import dev.cria.eval.task.MultipleChoiceRequest;
import dev.cria.eval.task.Request;
import dev.cria.eval.task.Selection;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskData;
import dev.cria.eval.task.TaskKind;
import dev.cria.eval.task.TaskRegistry;
import dev.cria.eval.task.TokenCounter;
import dev.cria.model.LlamaConfig;
import dev.cria.model.LlamaModel;
import dev.cria.model.generation.ScoringPair;
import dev.cria.text.Tokenizer;
import dev.cria.train.TaskEvaluator;
import dev.cria.train.metrics.EvaluationMetrics.Score;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Runs Cria's benchmark tasks on a model in training: where {@code train} and {@code eval} meet. */
public final class TrainingTasks implements TaskEvaluator {
    private final Selection selection;
    private final TaskData data;
    private final EvaluationOptions options;
    private final Tokenizer tokenizer;
    private final long documents;

    private TrainingTasks(
            Selection selection, TaskData data, EvaluationOptions options, Tokenizer tokenizer, long documents) {
        this.selection = selection;
        this.data = data;
        this.options = options;
        this.tokenizer = tokenizer;
        this.documents = documents;
    }

    /**
     * Looks up what recipes ask for, and checks it down to the last row.
     *
     * @param say hears of what is fetched
     */
    public static TaskEvaluator.Planner planner(Consumer<String> say) {
        return (asked, config, tokenizer) -> prepare(asked, config, tokenizer, say);
    }

    private static TrainingTasks prepare(
            Recipe.Evaluation asked, LlamaConfig config, Optional<Tokenizer> tokenizer, Consumer<String> say) {
        Tokenizer known = tokenizer.orElseThrow(() -> new UserError(
                "the recipe's eval needs a tokenizer, and there is none", "name one with the recipe's key tokenizer"));
        TaskRegistry registry = TaskRegistry.builtIn();
        if (asked.definitions().isPresent()) {
            registry = registry.with(Path.of(asked.definitions().get()));
        }
        Selection selection = registry.resolve(asked.tasks());
        TaskData data = Rows.of(asked.data().map(Path::of).stream().toList(), false, "the recipe's eval.data", say);
        EvaluationOptions options = EvaluationOptions.defaults()
                .withBos(known.addsBos())
                .withLimit(number(asked.limit()))
                .withShots(number(asked.shots()))
                .withMaxNewTokens(number(asked.maxNewTokens()))
                .withContextLength(OptionalInt.of(config.maxPositionEmbeddings()));
        return new TrainingTasks(selection, data, options, known, count(selection, data, options, known));
    }

    private static OptionalInt number(Optional<Integer> value) {
        return value.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    /** Documents of all tasks; reads them all. */
    private static long count(Selection selection, TaskData data, EvaluationOptions options, Tokenizer tokenizer) {
        TokenCounter counter = text -> tokenizer.encodeWithSpecial(text).length + (options.bos() ? 1 : 0);
        long documents = 0;
        for (Task task : selection.tasks()) {
            if (task.kind() == TaskKind.PROGRAM) {
                throw new UserError(
                        "the recipe's eval has " + task.name()
                                + ", which runs programs that the model writes; that is not done while training",
                        "leave it out, and run cria eval on a checkpoint");
            }
            List<Request> requests =
                    task.requests(data, options.shots().orElse(task.shots()), options.limit(), Optional.of(counter));
            if (requests.isEmpty()) {
                throw new UserError("the data of " + task.name() + " has no documents", "check " + data.where());
            }
            requests.forEach(request -> requireFits(task, request, options, tokenizer));
            documents += requests.size();
        }
        return documents;
    }

    /** Refuses what the model's context has no room for, since no step of the training will change that. */
    private static void requireFits(Task task, Request request, EvaluationOptions options, Tokenizer tokenizer) {
        int context = options.contextLength().orElseThrow();
        String what = switch (request) {
            case MultipleChoiceRequest choices -> {
                int longest = IntStream.range(0, choices.continuations().size())
                        .map(i -> ScoringPair.of(
                                        choices.contexts().get(i),
                                        choices.continuations().get(i),
                                        tokenizer,
                                        options.bos())
                                .continuationTokens())
                        .max()
                        .orElse(0);
                yield longest > context ? "has a choice of " + longest + " tokens" : "";
            }
            case GenerationRequest generation -> {
                int most = options.maxNewTokens().orElse(generation.maxTokens());
                yield most >= context ? "asks for up to " + most + " new tokens" : "";
            }
        };
        if (!what.isEmpty()) {
            throw new UserError(
                    "the recipe's eval cannot run " + task.name() + ": document " + request.doc() + " " + what
                            + ", and the model's context holds " + context,
                    "leave the task out, lower eval.limit or eval.max_new_tokens, or give the model a longer context");
        }
    }

    @Override
    public String description() {
        String names = selection.tasks().stream().limit(8).map(Task::name).collect(Collectors.joining(", "));
        int more = selection.tasks().size() - 8;
        return String.format(
                Locale.ROOT, "%s%s: %,d documents", names, more > 0 ? " and " + more + " more" : "", documents);
    }

    @Override
    public Optional<List<Score>> measure(LlamaModel model, BooleanSupplier stopRequested) {
        Evaluation evaluation = new Evaluation(model, "training", tokenizer, options, Optional.empty());
        try {
            return Optional.of(scores(evaluation.run(selection, data, Optional.empty(), progress -> {
                if (stopRequested.getAsBoolean()) {
                    throw new CancellationException();
                }
            })));
        } catch (CancellationException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** All values; the main ones are those of groups, and of tasks that are in no group. */
    private List<Score> scores(EvaluationResult result) {
        Set<String> inGroups = new HashSet<>();
        result.groups().stream()
                .filter(group -> !group.metrics().isEmpty())
                .forEach(group -> inGroups.addAll(group.members()));
        List<Score> scores = new ArrayList<>();
        for (GroupResult group : result.groups()) {
            for (MetricValue metric : group.metrics()) {
                boolean first = metric.equals(group.metrics().getFirst());
                scores.add(score(group.name(), metric, first && !inGroups.contains(group.name())));
            }
        }
        for (TaskResult task : result.tasks()) {
            String main = mainMetric(task.name());
            for (MetricValue metric : task.metrics()) {
                scores.add(score(task.name(), metric, metric.name().equals(main) && !inGroups.contains(task.name())));
            }
        }
        return scores;
    }

    private String mainMetric(String task) {
        List<MetricInfo> metrics = selection.tasks().stream()
                .filter(known -> known.name().equals(task))
                .findFirst()
                .map(Task::metrics)
                .orElse(List.of());
        return metrics.stream()
                .filter(MetricInfo::main)
                .findFirst()
                .or(() -> metrics.stream().findFirst())
                .map(MetricInfo::name)
                .orElse("");
    }

    private static Score score(String name, MetricValue metric, boolean main) {
        return new Score(name + "/" + metric.name(), metric.value(), metric.standardError(), main);
    }
}
