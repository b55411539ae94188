package dev.cria.cli;

import dev.cria.cli.finetune.AnswersWhileLearning;
import dev.cria.cli.finetune.LabelledText;
import dev.cria.cli.inspect.ModelPath;
import dev.cria.cli.jobs.TrainingProgress;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.StderrFilter;
import dev.cria.train.FinetuningPreview;
import dev.cria.train.Trainer;
import dev.cria.train.TrainingResult;
import dev.cria.train.recipe.Recipe;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the commands have in common that teach a model from conversations or from pairs of them. */
abstract class ConversationCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Mixin
    private DeviceOptions device = new DeviceOptions();

    @Mixin
    private RecipeOptions recipe = new RecipeOptions();

    @Option(
            names = "--preview",
            paramLabel = "N",
            description = "Print the first N examples with what is trained on set apart, and do nothing.")
    private Optional<Integer> preview;

    ConversationCommand(Console console) {
        this.console = console;
    }

    /** Refuses recipes that are another command's. @throws dev.cria.base.UserError that names it */
    abstract void require(Recipe recipe);

    @Override
    public Integer call() {
        StderrFilter.bypass(System.getenv());
        Recipe read = read();
        if (preview.isPresent()) {
            return show(FinetuningPreview.of(read, Math.max(1, preview.get())));
        }
        if (recipe.dryRun()) {
            Trainer.run(read, recipe.run(console), new RecipeOptions.PlanPrinter(console));
            return 0;
        }
        TrainingResult result;
        try (TrainingProgress progress = new TrainingProgress(console, true)) {
            result = Trainer.run(read, recipe.run(console), new AnswersWhileLearning(progress));
        }
        return recipe.report(console, result);
    }

    /** The recipe, its model found as {@code --model} finds one: a pulled model's name, a run's newest checkpoint. */
    private Recipe read() {
        Recipe read = recipe.read(device, List.of());
        require(read);
        String from = read.model().from().orElseThrow();
        return recipe.read(device, List.of("model.from=" + ModelPath.resolve(from)));
    }

    private int show(FinetuningPreview shown) {
        boolean colour = console.interactive() && !System.getenv().containsKey("NO_COLOR");
        for (FinetuningPreview.Example each : shown.examples()) {
            console.print(each.title() + ": " + each.text().ids().length + " tokens, "
                    + each.text().trained().cardinality() + " trained on");
            console.print(LabelledText.of(each.text(), colour));
        }
        shown.notices().forEach(console::print);
        return 0;
    }
}
