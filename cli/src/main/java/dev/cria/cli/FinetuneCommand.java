package dev.cria.cli;

import dev.cria.base.UserError;
import dev.cria.cli.finetune.AnswersWhileLearning;
import dev.cria.cli.finetune.LabelledText;
import dev.cria.cli.inspect.ModelPath;
import dev.cria.cli.jobs.TrainingProgress;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.StderrFilter;
import dev.cria.data.chat.ChatEncoder.Labelled;
import dev.cria.train.FinetuningPreview;
import dev.cria.train.Trainer;
import dev.cria.train.TrainingResult;
import dev.cria.train.recipe.Recipe;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code cria finetune}: teaches a model from conversations. */
@Command(
        name = "finetune",
        header = "Teach a model to converse, by a recipe.",
        description = {
            "Reads conversations (JSON Lines, JSON or Parquet; messages, ShareGPT, Alpaca or Guanaco), writes them by the model's chat template, and trains on what the assistant says. Prints the plan and what was left out of the data, then trains; each checkpoint is a Hugging Face model folder with its chat template, and answers a few questions. Stopping and --resume work as in pretrain."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  cria finetune recipes/chat-sft.yaml --preview 3       what is trained on (set apart), and what is masked",
            "  cria finetune recipes/chat-sft.yaml --dry-run",
            "  cria finetune recipes/chat-sft.yaml --set model.from=runs/quickstart/model --set chat.template=zephyr",
            "  cria finetune recipes/chat-sft.yaml --resume"
        })
final class FinetuneCommand implements Callable<Integer> {
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
            description = "Print the first N conversations with what is trained on set apart, and do nothing.")
    private Optional<Integer> preview;

    FinetuneCommand(Console console) {
        this.console = console;
    }

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
        if (read.chat().isEmpty()) {
            throw new UserError(
                    "this recipe has no chat section",
                    "see recipes/chat-sft.yaml; `cria pretrain` runs recipes on prepared tokens");
        }
        String from = read.model().from().orElseThrow();
        return recipe.read(device, List.of("model.from=" + ModelPath.resolve(from)));
    }

    private int show(FinetuningPreview shown) {
        boolean colour = console.interactive() && !System.getenv().containsKey("NO_COLOR");
        int number = 0;
        for (Labelled each : shown.conversations()) {
            console.print("conversation " + ++number + ": " + each.ids().length + " tokens, "
                    + each.trained().cardinality() + " trained on");
            console.print(LabelledText.of(each, colour));
        }
        shown.notices().forEach(console::print);
        return 0;
    }
}
