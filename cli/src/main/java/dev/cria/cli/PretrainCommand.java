package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.jobs.TrainingProgress;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.StderrFilter;
import dev.cria.train.Trainer;
import dev.cria.train.TrainingResult;
import dev.cria.train.recipe.Recipe;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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

    @Mixin
    private RecipeOptions recipe = new RecipeOptions();

    PretrainCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        StderrFilter.bypass(System.getenv());
        Recipe read = recipe.read(device, List.of());
        if (read.chat().isPresent()) {
            throw read.align().isPresent()
                    ? new UserError("this recipe learns from preference pairs", "run it with `cria align`")
                    : new UserError("this recipe learns from conversations", "run it with `cria finetune`");
        }
        if (recipe.dryRun()) {
            Trainer.run(read, recipe.run(console), new RecipeOptions.PlanPrinter(console));
            return 0;
        }
        TrainingResult result;
        try (TrainingProgress progress = new TrainingProgress(console, true)) {
            result = Trainer.run(read, recipe.run(console), progress);
        }
        return recipe.report(console, result);
    }
}
