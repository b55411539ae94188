package dev.cria.cli;

import dev.cria.cli.jobs.TrainingTasks;
import dev.cria.cli.terminal.Console;
import dev.cria.train.RunOptions;
import dev.cria.train.TrainListener;
import dev.cria.train.TrainingPlan;
import dev.cria.train.TrainingResult;
import dev.cria.train.recipe.Recipe;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every command that runs a recipe has: the recipe, how to run it, and how its end is told. */
final class RecipeOptions {
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

    /** The recipe with the settings of the command line. */
    Recipe read(DeviceOptions device, List<String> more) {
        List<String> all = new ArrayList<>(settings);
        all.addAll(more);
        all.addAll(device.settings());
        return Recipe.read(recipe, all);
    }

    boolean dryRun() {
        return dryRun;
    }

    RunOptions run(Console console) {
        RunOptions options = RunOptions.defaults()
                .withStart(start.start())
                .withDryRun(dryRun)
                .withAllowChanges(allowChanges)
                .withEvaluators(TrainingTasks.planner(console::say));
        return output.isPresent() ? options.withRunDirectory(output.get()) : options;
    }

    /** Tells how the run ended; returns the exit code. */
    int report(Console console, TrainingResult result) {
        if (json) {
            Map<String, Object> object = new LinkedHashMap<>();
            object.put("steps", result.steps());
            object.put("loss", result.loss());
            result.validation().ifPresent(held -> {
                object.put("validation_loss", held.loss());
                if (held.hasBitsPerByte()) {
                    object.put("bits_per_byte", held.bitsPerByte());
                }
                if (!held.more().isEmpty()) {
                    object.put("metrics", held.more());
                }
            });
            result.evaluation().ifPresent(scores -> {
                Map<String, Double> values = new LinkedHashMap<>();
                scores.scores().forEach(score -> values.put(score.name(), score.value()));
                object.put("scores", values);
            });
            result.checkpoint().ifPresent(path -> object.put("checkpoint", path.toString()));
            result.best().ifPresent(best -> {
                object.put("best_checkpoint", best.checkpoint().toString());
                object.put("best_step", best.step());
                object.put("best_validation_loss", best.loss());
            });
            object.put("ended_early", result.early());
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
        console.say("done: " + result.steps() + (result.early() ? " steps, ended early" : " steps")
                + result.checkpoint().map(path -> "; the model is in " + path).orElse(""));
        result.best()
                .ifPresent(best -> console.say(String.format(
                        Locale.ROOT,
                        "the best, by a validation loss of %.4f at step %d, is %s",
                        best.loss(),
                        best.step(),
                        best.checkpoint())));
        console.say("the curves are in " + result.directory().resolve("curves.svg"));
        return 0;
    }

    /** Prints the plan as the command's result. */
    record PlanPrinter(Console console) implements TrainListener {
        @Override
        public void onPlan(TrainingPlan plan) {
            plan.render().forEach(console::print);
        }

        @Override
        public void onNotice(String sentence) {
            console.print(sentence);
        }

        @Override
        public void onWarning(String sentence) {
            console.say("cria: " + sentence);
        }
    }
}
