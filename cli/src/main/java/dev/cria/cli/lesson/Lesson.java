package dev.cria.cli.lesson;

import dev.cria.cli.inspect.ModelFolder;
import dev.cria.cli.jobs.TrainingProgress;
import dev.cria.cli.terminal.Console;
import dev.cria.train.RunOptions;
import dev.cria.train.Trainer;
import dev.cria.train.TrainingResult;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Teaches a base model to answer, and shows the change: fine-tuned on conversations it gives its answers a format, aligned by pairs it leaves
 * out the pleasantries that most conversations had. Each stage leaves its result in the folder {@code chat} and is passed over when it is
 * there already, so that a lesson that was stopped goes on where it was.
 */
public final class Lesson {
    /** The folder of the lesson within the quickstart's. */
    public static final String FOLDER = "chat";

    private static final int SHOWN = 2;

    private final Console console;
    private final Path output;
    private final Path folder;
    private final LessonSize size;
    private final List<String> tuning;
    private final List<String> aligning;

    /**
     * @param output a quickstart's folder with a complete model
     * @param tuning settings of the recipe for fine-tuning, such as {@code training.threads=1}
     * @param aligning settings of the recipe for alignment
     */
    public Lesson(Console console, Path output, LessonSize size, List<String> tuning, List<String> aligning) {
        this.console = console;
        this.output = output;
        this.folder = output.resolve(FOLDER);
        this.size = size;
        this.tuning = List.copyOf(tuning);
        this.aligning = List.copyOf(aligning);
    }

    /**
     * What the model could do before the lesson and after each part of it.
     *
     * @param before the base model
     * @param tuned after fine-tuning
     * @param aligned after alignment
     */
    public record Report(Examination before, Examination tuned, Examination aligned) {}

    /** Runs what is left to do; empty after a signal. */
    public Optional<Report> run(long seed) throws IOException {
        LessonFiles files = new LessonFiles(folder, size, seed);
        heading(1, "conversations, pairs of answers and held-out questions");
        files.write();
        console.say("wrote %,d conversations, %,d pairs and %,d questions to %s"
                .formatted(size.conversations(), size.pairs(), size.questions(), folder));
        heading(2, "what the base model answers");
        Path base = ModelFolder.resolve(output);
        Examination before = examine(base, files.heldOut());
        heading(3, "fine-tuning on the conversations: a format it did not know, wrapped in pleasantries");
        Optional<Path> sft = train("quickstart-sft.yaml", base, tuning);
        if (sft.isEmpty()) {
            return Optional.empty();
        }
        Examination tuned = examine(sft.get(), files.heldOut());
        heading(4, "alignment by the pairs: the plain answer is preferred");
        Optional<Path> dpo = train("quickstart-dpo.yaml", sft.get(), aligning);
        if (dpo.isEmpty()) {
            return Optional.empty();
        }
        Report report = new Report(before, tuned, examine(dpo.get(), files.heldOut()));
        heading(
                5,
                "what it learned, by greedy answers to %d questions about methods it was not shown"
                        .formatted(size.questions()));
        console.print("                      has the format   says what is true   plain style");
        row("base model", report.before());
        row("after fine-tuning", report.tuned());
        row("after alignment", report.aligned());
        console.flush();
        next(dpo.get());
        return Optional.of(report);
    }

    private void row(String name, Examination of) {
        console.print(String.format(
                Locale.ROOT,
                "  %-18s %14.0f %% %17.0f %% %11.0f %%",
                name,
                100 * of.format(),
                100 * of.right(),
                100 * of.plain()));
    }

    private void next(Path model) {
        heading(6, "what to try next");
        console.print("  ./cria chat --model " + folder.resolve("dpo")
                + "      ask it: Describe `int findZone(String key)`.");
        console.print("  ./cria finetune " + folder.resolve("quickstart-sft.yaml") + " --preview 2");
        console.print("  ./cria align " + folder.resolve("quickstart-dpo.yaml") + " --fresh --set align.beta=0.5");
        console.print(
                "  ./cria finetune recipes/chat-sft.yaml --dry-run      the same for TinyLlama, as TinyLlama-Chat was made");
        console.print("The curves are beside the checkpoints, in " + folder.resolve("sft") + " and "
                + folder.resolve("dpo") + ".");
        console.print("The model is a Hugging Face folder: " + model);
        console.flush();
    }

    private Examination examine(Path model, List<Exchange> questions) {
        Examination examination = Examination.of(model, questions);
        for (int i = 0; i < SHOWN; i++) {
            console.print("  user:      " + questions.get(i).question());
            console.print("  assistant: " + line(examination.answers().get(i)));
        }
        console.print("  of %d held-out questions: format %.0f %%, right %.0f %%, plain %.0f %%"
                .formatted(
                        questions.size(),
                        100 * examination.format(),
                        100 * examination.right(),
                        100 * examination.plain()));
        console.flush();
        return examination;
    }

    private static String line(String answer) {
        String line = answer.strip().replaceAll("\\p{Cntrl}+", " ⏎ ");
        return line.length() <= 120 ? line : line.substring(0, 120) + "…";
    }

    /** The best checkpoint of a recipe's run; empty where it was stopped. */
    private Optional<Path> train(String name, Path model, List<String> settings) throws IOException {
        Recipe recipe = LessonRecipes.read(LessonRecipes.write(name, output, folder), model, settings);
        RunOptions options = RunOptions.defaults().withStart(RunOptions.Start.RESUME);
        TrainingResult result;
        try (TrainingProgress progress = new TrainingProgress(console, false)) {
            result = Trainer.run(recipe, options, progress);
        }
        if (!result.complete()) {
            console.say("cria: stopped at step " + result.steps() + "; the same command goes on from there");
            return Optional.empty();
        }
        return result.best().map(TrainingResult.Best::checkpoint).or(result::checkpoint);
    }

    private void heading(int number, String text) {
        String bold = console.interactive() ? "\u001b[1m" : "";
        String plain = console.interactive() ? "\u001b[0m" : "";
        console.flush();
        console.say("");
        console.say(bold + "chat " + number + "/6  " + text + plain);
    }
}
