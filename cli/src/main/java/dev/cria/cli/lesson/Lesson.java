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
    private final List<String> settings;

    /**
     * @param output a quickstart's folder with a complete model
     * @param settings of the recipes, such as {@code training.threads=1}
     */
    public Lesson(Console console, Path output, LessonSize size, List<String> settings) {
        this.console = console;
        this.output = output;
        this.folder = output.resolve(FOLDER);
        this.size = size;
        this.settings = List.copyOf(settings);
    }

    /**
     * What the model could do after each part of the lesson.
     *
     * @param before the base model
     * @param tuned after fine-tuning
     */
    public record Report(Examination before, Examination tuned) {}

    /** Runs what is left to do; empty after a signal. */
    public Optional<Report> run(long seed) throws IOException {
        LessonFiles files = new LessonFiles(folder, size, seed);
        heading(1, "conversations, pairs of answers and held-out questions");
        files.write();
        console.say(
                "wrote %,d, %,d and %,d to %s".formatted(size.conversations(), size.pairs(), size.questions(), folder));
        heading(2, "what the base model answers");
        Examination before = examine(ModelFolder.resolve(output), files.heldOut());
        heading(3, "fine-tuning on the conversations");
        Optional<Path> tuned = train("quickstart-sft.yaml", ModelFolder.resolve(output));
        if (tuned.isEmpty()) {
            return Optional.empty();
        }
        Examination after = examine(tuned.get(), files.heldOut());
        return Optional.of(new Report(before, after));
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
    private Optional<Path> train(String name, Path model) throws IOException {
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
