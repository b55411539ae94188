package dev.cria.cli;

import dev.cria.base.DurableFiles;
import dev.cria.base.UserError;
import dev.cria.cli.jobs.EvaluationDisplay;
import dev.cria.cli.jobs.Rows;
import dev.cria.cli.terminal.Console;
import dev.cria.eval.metric.Outcome;
import dev.cria.eval.report.HarnessJson;
import dev.cria.eval.report.HtmlReport;
import dev.cria.eval.report.ModelIndex;
import dev.cria.eval.report.TextTable;
import dev.cria.eval.run.Evaluation;
import dev.cria.eval.run.EvaluationOptions;
import dev.cria.eval.run.EvaluationResult;
import dev.cria.eval.run.ProgramJudge;
import dev.cria.eval.sandbox.PythonInterpreter;
import dev.cria.eval.sandbox.PythonSandbox;
import dev.cria.eval.sandbox.SandboxLimits;
import dev.cria.eval.task.Selection;
import dev.cria.eval.task.Task;
import dev.cria.eval.task.TaskData;
import dev.cria.eval.task.TaskKind;
import dev.cria.eval.task.TaskRegistry;
import dev.cria.model.LlamaModel;
import dev.cria.model.adapter.AdapterChoice;
import dev.cria.tensor.Device;
import dev.cria.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria eval}: benchmark scores. */
@Command(
        name = "eval",
        header = "Score a model on benchmarks, exactly as lm-evaluation-harness does.",
        description = {
            "Prints a table of the scores. Every finished document is kept in a log beside the output; whatever interrupts a run, the same command goes on from there. Scores depend on the model and the data alone, not on batches, threads or interruptions.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria eval --list-tasks",
            "  cria eval --model DIR --tasks arc_easy,piqa --data DATA --output scores.json",
            "  cria eval --model DIR --tasks tinyllama_commonsense --data DATA --output scores.json --html scores.html",
            "  cria eval --model DIR --tasks mmlu --data DATA --limit 20 --output few.json"
        })
final class EvalCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--tasks",
            paramLabel = "A,B",
            split = ",",
            description = "Tasks and groups of tasks; --list-tasks names them.")
    private List<String> tasks = new ArrayList<>();

    @Option(
            names = "--data",
            paramLabel = "DIR",
            description =
                    "A folder of the tasks' rows, JSONL or Parquet in the layout of the Hugging Face data sets; may be repeated: the first that has a split gives it (default: rows are fetched from the hub, once; HF_HOME and HF_ENDPOINT say where to and where from).")
    private List<Path> data = new ArrayList<>();

    @Option(names = "--fetch", description = "Fetch from the hub what the folder of --data lacks.")
    private boolean fetch;

    @Option(
            names = "--output",
            paramLabel = "R.json",
            description = "Where the scores go, in lm-evaluation-harness's own layout.")
    private Optional<Path> output;

    @Option(
            names = "--shots",
            paramLabel = "N",
            description = "Examples before each question (default: what each task says).")
    private Optional<Integer> shots;

    @Option(names = "--limit", paramLabel = "N", description = "Take the first N documents of each task.")
    private Optional<Integer> limit;

    @Option(names = "--no-bos", description = "Do not begin requests with the begin-of-sequence token.")
    private boolean noBos;

    @Option(
            names = "--context",
            paramLabel = "N",
            description = "Tokens that fit; longer requests lose their beginning (default: the model's).")
    private Optional<Integer> context;

    @Option(
            names = "--max-new-tokens",
            paramLabel = "N",
            description = "Most tokens of a generated answer (default: what each task says).")
    private Optional<Integer> maxNewTokens;

    @Option(
            names = "--log",
            paramLabel = "FILE",
            description =
                    "The log of finished documents (default: beside the output, with .documents.jsonl for its ending).")
    private Optional<Path> log;

    @Option(names = "--fresh", description = "Begin anew instead of going on from the log.")
    private boolean fresh;

    @Option(names = "--html", paramLabel = "FILE", description = "Also write a page beside published scores.")
    private Optional<Path> html;

    @Option(
            names = "--model-index",
            paramLabel = "FILE",
            description = "Also write the scores as metadata of a model card.")
    private Optional<Path> modelIndex;

    @Option(names = "--include", paramLabel = "FILE|DIR", description = "Tasks of your own as YAML; may be repeated.")
    private List<Path> include = new ArrayList<>();

    @Option(
            names = "--allow-code-execution",
            description =
                    "Let HumanEval run the programs that the model writes, each confined in a process of its own; it needs Python.")
    private boolean allowCodeExecution;

    @Option(
            names = "--python",
            paramLabel = "FILE",
            description = "The Python for such programs (default: python3 on the PATH).")
    private Optional<Path> python;

    @SuppressWarnings("deprecation") // the one way in picocli to need no --model where this stands
    @Option(names = "--list-tasks", help = true, description = "Name all tasks and groups, and end.")
    private boolean listTasks;

    EvalCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        TaskRegistry registry = TaskRegistry.builtIn();
        for (Path file : include) {
            registry = registry.with(file);
        }
        if (listTasks) {
            list(registry);
            return 0;
        }
        if (tasks.isEmpty()) {
            throw new UserError("no tasks are named", "say --tasks with some of the names that --list-tasks prints");
        }
        Selection selection = registry.resolve(tasks.stream().map(String::strip).toList());
        for (Optional<Path> file : List.of(output, html, modelIndex, log)) {
            file.ifPresent(OutputFiles::requireParent);
        }
        EvaluationResult result = run(selection);
        TextTable.render(result).forEach(console::print);
        console.flush();
        return 0;
    }

    private EvaluationResult run(Selection selection) throws IOException {
        EvaluationOptions options = EvaluationOptions.defaults()
                .withShots(number(shots))
                .withLimit(number(limit))
                .withBos(!noBos)
                .withContextLength(number(context))
                .withMaxNewTokens(number(maxNewTokens));
        TaskData rows = Rows.of(data, fetch, "--data", console::say);
        Optional<ProgramJudge> judge = judge(selection);
        Optional<Path> documents = documentLog();
        if (fresh && documents.isPresent()) {
            Files.deleteIfExists(documents.get());
        }
        try (Device opened = device.open(console, common);
                LlamaModel loaded = model.load(opened, console)) {
            Tokenizer tokenizer = model.tokenizer(loaded);
            Evaluation evaluation = new Evaluation(loaded, name(), tokenizer, options, judge);
            try (EvaluationDisplay display = new EvaluationDisplay(console, documents.isPresent())) {
                EvaluationResult result = evaluation.run(selection, rows, documents, display);
                write(result, selection, tokenizer);
                return result;
            }
        }
    }

    private static OptionalInt number(Optional<Integer> value) {
        return value.isPresent() ? OptionalInt.of(value.get()) : OptionalInt.empty();
    }

    private Optional<Path> documentLog() {
        if (log.isPresent()) {
            return log;
        }
        return output.map(file -> {
            String name = file.getFileName().toString();
            int end = name.lastIndexOf('.');
            return file.resolveSibling((end > 0 ? name.substring(0, end) : name) + ".documents.jsonl");
        });
    }

    /** What the model is called in reports: its folder's or file's name, and those of its adapters. */
    private String name() {
        return Stream.concat(Stream.of(model.path()), model.adapters().stream().map(AdapterChoice::directory))
                .map(EvalCommand::lastName)
                .collect(Collectors.joining(" + "));
    }

    private static String lastName(Path path) {
        Path whole = path.toAbsolutePath().normalize();
        return whole.getFileName() == null
                ? whole.toString()
                : whole.getFileName().toString();
    }

    private Optional<ProgramJudge> judge(Selection selection) {
        if (!allowCodeExecution || selection.tasks().stream().noneMatch(task -> task.kind() == TaskKind.PROGRAM)) {
            return Optional.empty();
        }
        PythonInterpreter interpreter = python.isPresent()
                ? PythonInterpreter.at(python.get())
                : PythonInterpreter.find(System.getenv().getOrDefault("PATH", ""));
        PythonSandbox sandbox = PythonSandbox.open(interpreter, SandboxLimits.defaults());
        return Optional.of(programs -> {
            int passed = 0;
            for (String program : programs) {
                passed += sandbox.run(program).passed() ? 1 : 0;
            }
            return new Outcome.Programs(programs.size(), passed);
        });
    }

    private void write(EvaluationResult result, Selection selection, Tokenizer tokenizer) throws IOException {
        List<Task> definitions = selection.tasks();
        if (output.isPresent()) {
            DurableFiles.write(
                    output.get(), HarnessJson.render(result, definitions, Optional.of(tokenizer), Version.cria()));
        }
        if (html.isPresent()) {
            DurableFiles.write(html.get(), HtmlReport.render(result));
        }
        if (modelIndex.isPresent()) {
            DurableFiles.write(modelIndex.get(), ModelIndex.render(result, definitions));
        }
    }

    private void list(TaskRegistry registry) {
        registry.tasks().values().forEach(task -> console.print(task.name()));
        registry.groups()
                .values()
                .forEach(group -> console.print(group.name() + ": " + String.join(", ", group.members())));
        console.flush();
    }
}
