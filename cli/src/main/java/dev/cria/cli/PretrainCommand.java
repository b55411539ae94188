package dev.cria.cli;

import dev.cria.cli.jobs.TrainingProgress;
import dev.cria.cli.jobs.TrainingTasks;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.StderrFilter;
import dev.cria.train.RunOptions;
import dev.cria.train.TrainListener;
import dev.cria.train.Trainer;
import dev.cria.train.TrainingPlan;
import dev.cria.train.TrainingResult;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code cria pretrain}: runs a recipe. */
@Command(
        name = "pretrain",
        header = "Train a model from scratch by a recipe.",
        description = {
            "Prints the plan, then trains. Every checkpoint is a Hugging Face model folder. SIGTERM or Ctrl-C saves a checkpoint and stops; --resume goes on from the newest one, with the same losses to the last bit as a run that was never stopped."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria pretrain recipes/tinyllama-120m.yaml --dry-run",
            "  cria pretrain recipes/tinyllama-120m.yaml --set training.micro_batch=2 --set schedule.peak=6e-4",
            "  cria pretrain recipes/tinyllama-120m.yaml --resume"
        })
final class PretrainCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Parameters(paramLabel = "RECIPE.yaml", description = "The recipe; see the recipes folder.")
    private Path recipe;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Change a value of the recipe, such as training.seed=2; may be repeated.")
    private List<String> settings = new ArrayList<>();

    @ArgGroup
    private StartOptions start = new StartOptions();

    @Option(names = "--dry-run", description = "Print the plan to stdout and do nothing.")
    private boolean dryRun;

    @Option(
            names = "--output",
            paramLabel = "DIR",
            description = "Where the run lives, in place of the recipe's checkpoint.directory.")
    private Optional<Path> output;

    @Option(
            names = "--allow-changes",
            description = "Resume although recipe, data or tokenizer changed in a way that alters the steps to come.")
    private boolean allowChanges;

    @Option(names = "--json", description = "When it ends, print one JSON object about the run.")
    private boolean json;

    PretrainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        StderrFilter.bypass(System.getenv());
        Recipe read = Recipe.read(recipe, allSettings());
        RunOptions options = RunOptions.defaults()
                .withStart(start.start())
                .withDryRun(dryRun)
                .withAllowChanges(allowChanges)
                .withEvaluators(TrainingTasks.planner(console::say));
        if (output.isPresent()) {
            options = options.withRunDirectory(output.get());
        }
        if (dryRun) {
            Trainer.run(read, options, new PlanPrinter());
            return 0;
        }
        TrainingResult result;
        try (TrainingProgress progress = new TrainingProgress(console, true)) {
            result = Trainer.run(read, options, progress);
        }
        return report(result);
    }

    private List<String> allSettings() {
        List<String> all = new ArrayList<>(settings);
        all.addAll(device.settings());
        return all;
    }

    private int report(TrainingResult result) {
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("steps", result.steps());
            object.put("loss", result.loss());
            result.validation().ifPresent(held -> {
                object.put("validation_loss", held.loss());
                object.put("bits_per_byte", held.bitsPerByte());
            });
            result.evaluation().ifPresent(scores -> {
                Map<String, Double> values = new LinkedHashMap<>();
                scores.scores().forEach(score -> values.put(score.name(), score.value()));
                object.put("scores", values);
            });
            result.checkpoint().ifPresent(path -> object.put("checkpoint", path.toString()));
            object.put("complete", result.complete());
            object.put("directory", result.directory().toString());
            console.print(Json.line(object));
        }
        if (!result.complete()) {
            console.say("cria: stopped at step " + result.steps()
                    + result.checkpoint()
                            .map(path -> "; everything up to here is in " + path)
                            .orElse(""));
            console.say("HINT: the same command with --resume goes on from there");
            return 1;
        }
        console.say("done: " + result.steps() + " steps"
                + result.checkpoint().map(path -> "; the model is in " + path).orElse(""));
        console.say("the curves are in " + result.directory().resolve("curves.svg"));
        return 0;
    }

    /** Prints the plan as the command's result. */
    private final class PlanPrinter implements TrainListener {
        @Override
        public void onPlan(TrainingPlan plan) {
            plan.render().forEach(console::print);
        }

        @Override
        public void onWarning(String sentence) {
            console.say("cria: " + sentence);
        }
    }
}
