package dev.cria.eval.run;

import dev.cria.base.UserError;
import dev.cria.eval.metric.DocumentScore;
import dev.cria.eval.metric.Outcome;
import dev.cria.eval.task.GenerationRequest;
import dev.cria.eval.task.Gold;
import dev.cria.eval.task.MultipleChoiceRequest;
import dev.cria.eval.task.Request;
import dev.cria.eval.task.Selection;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskData;
import dev.cria.eval.task.TaskGroup;
import dev.cria.eval.task.TaskKind;
import dev.cria.eval.task.TokenCounter;
import dev.cria.model.LlamaModel;
import dev.cria.model.generation.BatchScorer;
import dev.cria.model.generation.Score;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/** Runs tasks on a model. Numbers depend on the model, the tasks and their data alone: not on batches, threads or interruptions. */
public final class Evaluation {
    private final LlamaModel model;
    private final String name;
    private final Tokenizer tokenizer;
    private final EvaluationOptions options;
    private final Optional<ProgramJudge> judge;
    private final int contextLength;

    /**
     * An evaluation of a model.
     *
     * @param name what reports call it
     * @param judge runs programs that the model writes; without one, tasks that ask for programs are refused
     * @throws UserError if the options ask for a longer context than the model's
     */
    public Evaluation(
            LlamaModel model,
            String name,
            Tokenizer tokenizer,
            EvaluationOptions options,
            Optional<ProgramJudge> judge) {
        this.model = model;
        this.name = name;
        this.tokenizer = tokenizer;
        this.options = options;
        this.judge = judge;
        int longest = model.config().maxPositionEmbeddings();
        this.contextLength = options.contextLength().orElse(longest);
        if (contextLength > longest) {
            throw new UserError(
                    "a context of " + contextLength + " tokens was asked for; this model holds " + longest,
                    "choose a context within that");
        }
    }

    /** A task with what is asked. */
    private record Work(Task task, int shots, int available, List<Request> requests) {}

    /**
     * Runs tasks. What the log holds already is not run again.
     *
     * @param log where each finished document is kept; nowhere if empty
     * @throws UserError if data is missing or damaged, a request cannot be run, or the log is of another evaluation; what was finished before
     *     is in the log
     * @throws IOException if the log cannot be written
     */
    public EvaluationResult run(Selection selection, TaskData data, Optional<Path> log, EvaluationListener listener)
            throws IOException {
        // All data is read first: a missing file is to be known before hours are spent on the tasks before it.
        List<Work> works = new ArrayList<>();
        for (Task task : selection.tasks()) {
            works.add(read(task, data));
        }
        Instant started = Instant.now();
        try (Journal journal = Journal.open(log, settings())) {
            Summary summary = new Summary();
            List<EvaluationResult.TaskResult> results = new ArrayList<>();
            List<DocumentResult> everything = new ArrayList<>();
            Tracker tracker = new Tracker(
                    works.size(),
                    works.stream().mapToLong(work -> work.requests.size()).sum(),
                    listener);
            for (Work work : works) {
                List<DocumentResult> documents = run(work, journal, tracker);
                everything.addAll(documents);
                results.add(summary.add(work.task, work.shots, work.available, documents));
            }
            journal.finish(everything);
            Map<String, TaskGroup> groups = new LinkedHashMap<>();
            selection.groups().forEach(group -> groups.put(group.name(), group));
            List<EvaluationResult.GroupResult> groupResults = new ArrayList<>();
            for (TaskGroup group : selection.groups().reversed()) {
                summary.group(group, groups).ifPresent(groupResults::add);
            }
            return new EvaluationResult(
                    described(),
                    new EvaluationResult.Settings(options.shots(), options.limit(), options.bos()),
                    results,
                    groupResults,
                    started,
                    tracker.seconds());
        }
    }

    private Work read(Task task, TaskData data) {
        if (task.kind() == TaskKind.PROGRAM && judge.isEmpty()) {
            throw new UserError(
                    task.name() + " runs programs that the model writes, and that was not allowed",
                    "say --allow-code-execution if they may run, confined, on this machine");
        }
        int shots = options.shots().orElse(task.shots());
        TokenCounter counter = text -> tokenizer.encodeWithSpecial(text).length + (options.bos() ? 1 : 0);
        List<Request> requests = task.requests(data, shots, options.limit(), Optional.of(counter));
        if (requests.isEmpty()) {
            throw new UserError("the data of " + task.name() + " has no documents", "check " + data.where());
        }
        return new Work(task, shots, available(task, data, shots, requests.size()), requests);
    }

    private int available(Task task, TaskData data, int shots, int taken) {
        if (options.limit().isEmpty() || taken < options.limit().getAsInt()) {
            return taken;
        }
        try {
            return task.requests(data, shots, OptionalInt.empty()).size();
        } catch (UserError e) {
            return taken; // a damaged row behind the limit is nobody's concern
        }
    }

    /** What a log's documents must have been run with. */
    private Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("model", model.fingerprint());
        settings.put("tokenizer", tokenizer.fingerprint());
        settings.put("bos", Boolean.toString(options.bos()));
        settings.put("shots", options.shots().isPresent() ? "" + options.shots().getAsInt() : "as the tasks say");
        settings.put("context", Integer.toString(contextLength));
        settings.put(
                "max_new_tokens",
                options.maxNewTokens().isPresent() ? "" + options.maxNewTokens().getAsInt() : "as the tasks say");
        return settings;
    }

    private EvaluationResult.EvaluatedModel described() {
        return new EvaluationResult.EvaluatedModel(
                name,
                model.fingerprint(),
                model.config().parameters(),
                model.weights().commonType().name().toLowerCase(Locale.ROOT),
                contextLength);
    }

    /** Runs what the log lacks; gives all documents in order. */
    private List<DocumentResult> run(Work work, Journal journal, Tracker tracker) {
        Map<Integer, DocumentResult> found = new TreeMap<>();
        Map<Integer, String> hashes = new LinkedHashMap<>();
        List<MultipleChoiceRequest> choices = new ArrayList<>();
        List<GenerationRequest> generations = new ArrayList<>();
        for (Request request : work.requests) {
            String hash = RequestHash.of(work.task, request);
            hashes.put(request.doc(), hash);
            Optional<DocumentResult> logged = journal.find(work.task.name(), request.doc(), hash);
            if (logged.isPresent()) {
                found.put(request.doc(), logged.get());
            } else if (request instanceof MultipleChoiceRequest choice) {
                choices.add(choice);
            } else if (request instanceof GenerationRequest generation) {
                generations.add(generation);
            }
        }
        tracker.began(work.task.name(), found.size());
        Finished finished = result -> {
            found.put(result.doc(), result);
            journal.add(result, Objects.requireNonNull(hashes.get(result.doc())));
            tracker.finished();
        };
        if (!choices.isEmpty()) {
            try (BatchScorer scorer = new BatchScorer(model, contextLength)) {
                new ChoiceRunner(scorer, tokenizer, options)
                        .run(
                                work.task.name(),
                                choices,
                                (request, scores) -> finished.accept(result(work.task, request, scores)));
            }
        }
        if (!generations.isEmpty()) {
            new GenerationRunner(model, contextLength, tokenizer, options)
                    .run(
                            work.task.name(),
                            generations,
                            work.task.repeats(),
                            (request, written) -> finished.accept(result(work.task, request, written)));
        }
        journal.sync();
        return work.requests.stream().map(request -> found.get(request.doc())).toList();
    }

    @FunctionalInterface
    private interface Finished {
        void accept(DocumentResult result);
    }

    private static DocumentResult result(Task task, MultipleChoiceRequest request, List<Score> scores) {
        boolean[] greedy = new boolean[scores.size()];
        for (int i = 0; i < greedy.length; i++) {
            greedy[i] = scores.get(i).greedy();
        }
        double[] sums = scores.stream().mapToDouble(Score::logProbability).toArray();
        DocumentScore score = task.score(request, new Outcome.Choices(sums, greedy));
        List<DocumentResult.Choice> choices = scores.stream()
                .map(each -> new DocumentResult.Choice(
                        each.logProbability(),
                        each.greedy(),
                        each.tokens(),
                        each.contextTokens(),
                        each.contextTokensKept()))
                .toList();
        return new DocumentResult(
                task.name(), request.doc(), new DocumentResult.Choices(choices, request.gold()), score.values());
    }

    private DocumentResult result(Task task, GenerationRequest request, GenerationRunner.Written written) {
        List<String> filtered = new ArrayList<>();
        DocumentScore score;
        if (task.kind() == TaskKind.PROGRAM && request.gold() instanceof Gold.Program program) {
            List<String> programs = new ArrayList<>();
            for (String text : written.texts()) {
                filtered.add(task.filtered(request, text));
                programs.add(program.whole(filtered.getLast()));
            }
            score = task.score(request, judge.orElseThrow().judge(programs));
        } else {
            score = task.score(request, new Outcome.Texts(written.texts()));
            filtered.addAll(score.filtered());
        }
        DocumentResult.Generated generated = new DocumentResult.Generated(
                written.texts(),
                filtered,
                gold(request.gold()),
                written.tokens(),
                written.contextTokens(),
                written.contextTokensKept());
        return new DocumentResult(task.name(), request.doc(), generated, score.values());
    }

    private static String gold(Gold gold) {
        return switch (gold) {
            case Gold.Text text -> text.text();
            case Gold.Answers answers -> answers.answers().toString();
            case Gold.Program program -> program.test();
        };
    }
}
