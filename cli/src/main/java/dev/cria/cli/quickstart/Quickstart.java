package dev.cria.cli.quickstart;

import dev.cria.base.UserError;
import dev.cria.cli.inspect.ModelFolder;
import dev.cria.cli.jobs.Preparation;
import dev.cria.cli.jobs.TokenizerTraining;
import dev.cria.cli.jobs.TrainingProgress;
import dev.cria.cli.terminal.Console;
import dev.cria.cli.terminal.Units;
import dev.cria.data.Manifest;
import dev.cria.data.PrepareOptions;
import dev.cria.data.PrepareResult;
import dev.cria.text.Tokenizers;
import dev.cria.text.TrainedTokenizer;
import dev.cria.text.TrainerOptions;
import dev.cria.train.RunOptions;
import dev.cria.train.Trainer;
import dev.cria.train.TrainingResult;
import dev.cria.train.checkpoint.CheckpointStore;
import dev.cria.train.metrics.History;
import dev.cria.train.metrics.ValidationMetrics;
import dev.cria.train.recipe.Recipe;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs the stages. Each leaves its result in the folder and is passed over when it is there already, so that a run that was stopped goes on
 * where it was.
 */
public final class Quickstart {
    private static final String RECIPE = "/dev/cria/cli/recipes/quickstart.yaml";
    private static final int VOCABULARY = 4096;
    private static final double TOKENIZER_SAMPLE = 0.3;
    private static final double HELD_OUT = 0.02;
    private static final long FEWEST_STEPS = 20;
    private static final double DEFAULT_MINUTES = 3.5;

    private final Console console;
    private final QuickstartOptions options;
    private final Path output;

    public Quickstart(Console console, QuickstartOptions options) {
        this.console = console;
        this.options = options;
        this.output = options.output();
    }

    /**
     * Runs what is left to do.
     *
     * @return whether the training is complete; false after a signal
     */
    public boolean run() throws IOException {
        QuickstartState state = begin();
        Corpus corpus = Corpus.of(state.inputPaths());
        if (isComplete(state)) {
            console.say(output + " holds a quickstart that is complete.");
            console.say("HINT: --fresh begins anew, --output DIR leaves it alone and begins elsewhere");
        } else {
            console.say("Raising a small Llama on " + corpus.description() + ", in " + output + ".");
            tokenizer(corpus);
            shards(corpus);
            if (!train(state)) {
                return false;
            }
        }
        curves();
        completions(corpus, state);
        next();
        return true;
    }

    /** Settles what is run: an earlier quickstart's settings, or new ones. */
    private QuickstartState begin() throws IOException {
        requireOwnFolder();
        Optional<QuickstartState> earlier =
                options.start() == RunOptions.Start.ANEW ? Optional.empty() : QuickstartState.read(output);
        if (earlier.isPresent()) {
            requireSame(earlier.get());
            return earlier.get();
        }
        double minutes = options.minutes().orElse(DEFAULT_MINUTES);
        if (!(minutes > 0 && minutes <= 60 * 24 * 30)) {
            throw new UserError("--minutes is " + minutes, "give more than 0, and no more than a month");
        }
        Corpus.of(options.inputs());
        OwnFiles.delete(output);
        Files.createDirectories(output);
        QuickstartState state = new QuickstartState(
                options.inputs().stream().map(Path::toString).toList(),
                minutes,
                options.seed().orElse(1L),
                0);
        state.write(output);
        return state;
    }

    private void requireOwnFolder() throws IOException {
        if (!Files.exists(output) || QuickstartState.isIn(output)) {
            return;
        }
        if (!Files.isDirectory(output)) {
            throw new UserError(output + " is a file", "name a folder by --output");
        }
        try (Stream<Path> files = Files.list(output)) {
            if (files.findAny().isPresent()) {
                throw new UserError(
                        output + " is not empty and holds no quickstart", "name another folder by --output");
            }
        }
    }

    private void requireSame(QuickstartState earlier) {
        boolean same = options.inputs().isEmpty()
                || options.inputs().stream().map(Path::toString).toList().equals(earlier.inputs());
        same &= options.minutes().map(minutes -> minutes == earlier.minutes()).orElse(true);
        same &= options.seed().map(seed -> seed == earlier.seed()).orElse(true);
        if (!same) {
            throw new UserError(
                    output + " holds a quickstart that was begun with another --input, --minutes or --seed",
                    "leave them out to go on with it, say --fresh to begin anew, or name another --output");
        }
    }

    private boolean isComplete(QuickstartState state) {
        return state.steps() > 0
                && ModelFolder.newestCheckpoint(output)
                                .map(CheckpointStore.Entry::step)
                                .orElse(0L)
                        >= state.steps();
    }

    private void tokenizer(Corpus corpus) throws IOException {
        heading(1, "tokenizer: " + VOCABULARY + " pieces of byte-pair encoding");
        Path folder = output.resolve("tokenizer");
        if (Files.exists(folder.resolve(Tokenizers.JSON_FILE))) {
            console.say("is there already: " + folder);
            return;
        }
        TrainerOptions trainer = TrainerOptions.of(VOCABULARY);
        // A sample is enough for the JDK's sources; of a user's text, which may be short, everything is read.
        TrainedTokenizer trained = TokenizerTraining.run(
                console,
                corpus.inputs(),
                corpus.read(),
                options.inputs().isEmpty() ? trainer.withSample(TOKENIZER_SAMPLE, 1) : trainer);
        Path beside = output.resolve("tokenizer.tmp");
        OwnFiles.deleteTree(beside);
        trained.save(beside);
        OwnFiles.deleteTree(folder);
        Files.move(beside, folder);
        console.say("wrote " + trained.tokenizer().vocabularySize() + " pieces to " + folder);
    }

    private void shards(Corpus corpus) {
        heading(2, "shards: text to tokens, " + Math.round(100 * HELD_OUT) + " % of the files held out");
        Path folder = output.resolve("data");
        if (Files.exists(folder.resolve(Manifest.FILE))) {
            console.say("are there already: " + folder);
            return;
        }
        PrepareResult result = Preparation.run(
                console,
                PrepareOptions.of(corpus.inputs(), output.resolve("tokenizer"), folder)
                        .withRead(corpus.read())
                        .withOverwrite(true)
                        .withValidation(HELD_OUT, 1));
        result.notices().forEach(notice -> console.say("cria: " + notice));
        console.say("wrote " + Units.count(result.progress().tokens()) + " tokens of "
                + Units.count(result.progress().documents()) + " files to " + folder);
    }

    private boolean train(QuickstartState state) throws IOException {
        heading(3, "training");
        QuickstartState timed = state;
        if (state.steps() == 0) {
            console.say("timing a few steps, to see how many fit into " + Units.seconds(60 * state.minutes()) + " ...");
            int vocabulary = Tokenizers.load(output.resolve("tokenizer")).vocabularySize();
            long steps = Pace.stepsWithin(60 * state.minutes(), recipe(1, state.seed()), vocabulary);
            timed = state.withSteps(Math.max(FEWEST_STEPS, steps));
            timed.write(output);
        }
        RunOptions run = RunOptions.defaults().withStart(RunOptions.Start.RESUME);
        TrainingResult result;
        try (TrainingProgress progress = new TrainingProgress(console, true)) {
            result = Trainer.run(recipe(timed.steps(), timed.seed()), run, progress);
        }
        if (!result.complete()) {
            console.say("cria: stopped at step " + result.steps() + "; `cria quickstart --output " + output
                    + "` goes on from there");
        }
        return result.complete();
    }

    private Recipe recipe(long steps, long seed) throws IOException {
        long part = Math.max(1, steps / 5);
        List<String> settings = new ArrayList<>(List.of(
                "tokenizer=\"" + escaped(output.resolve("tokenizer")) + "\"",
                "data=[{path: \"" + escaped(output.resolve("data")) + "\"}]",
                "checkpoint.directory=\"" + escaped(output) + "\"",
                "training.steps=" + steps,
                "training.seed=" + seed,
                "schedule.warmup_steps=" + Math.min(100, steps / 10),
                "checkpoint.every=" + part,
                "validation.every=" + part,
                "logging.curves_every=" + part));
        settings.addAll(options.settings());
        try (InputStream in = Quickstart.class.getResourceAsStream(RECIPE)) {
            if (in == null) {
                throw new IllegalStateException(RECIPE + " is not in the jar");
            }
            return Recipe.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), "quickstart.yaml", settings);
        }
    }

    private static String escaped(Path path) {
        return path.toString().replace("\\", "\\\\").replace("\"", "\\\"");
    }

    private void curves() throws IOException {
        heading(4, "what it learned");
        Path metrics = output.resolve("metrics.jsonl");
        List<ValidationMetrics> validations =
                Files.exists(metrics) ? History.read(metrics).validations() : List.of();
        if (!validations.isEmpty()) {
            ValidationMetrics first = validations.getFirst();
            ValidationMetrics last = validations.getLast();
            console.print(String.format(
                    Locale.ROOT,
                    "validation loss %.4f nats a token, %.4f bits a byte (after %d steps it was %.4f)",
                    last.loss(),
                    last.bitsPerByte(),
                    first.step(),
                    first.loss()));
        }
        for (String picture : List.of("curves.svg", "curves.png")) {
            if (Files.exists(output.resolve(picture))) {
                console.print("curves: " + output.resolve(picture));
            }
        }
        console.flush();
    }

    private void completions(Corpus corpus, QuickstartState state) {
        heading(5, "what it writes (the beginning of each is ours)");
        Completions.show(console, ModelFolder.resolve(output), corpus.snippets(), state.seed());
    }

    private void next() {
        heading(6, "what to try next");
        console.print("  ./cria generate --model " + output + " --prompt '    public static'");
        console.print("  ./cria info " + output);
        console.print("  ./cria quickstart --chat" + place() + "      teaches it to answer, and shows the change");
        console.print("  ./cria quickstart --fresh --minutes 30");
        console.print("  ./cria pretrain recipes/tinyllama-120m.yaml --dry-run");
        console.print("The model is a Hugging Face folder: " + ModelFolder.resolve(output));
        console.flush();
    }

    /** The option that names this folder, where it is not the usual one. */
    private String place() {
        return output.equals(QuickstartOptions.USUAL_OUTPUT) ? "" : " --output " + output;
    }

    private void heading(int number, String text) {
        String bold = console.interactive() ? "\u001b[1m" : "";
        String plain = console.interactive() ? "\u001b[0m" : "";
        console.flush();
        console.say("");
        console.say(bold + number + "/6  " + text + plain);
    }
}
